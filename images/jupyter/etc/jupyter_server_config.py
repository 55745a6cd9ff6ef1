# Read by the server of every workspace. Nothing here depends on the home, which may be mounted after the start.
import os

from jupyter_client.kernelspec import KernelSpecManager
from jupyterlab.labapp import LabApp

c = get_config()  # noqa: F821

c.ServerApp.ip = "0.0.0.0"
c.ServerApp.port = 8888
c.ServerApp.port_retries = 0
c.ServerApp.open_browser = False
c.ServerApp.quit_button = False
c.ServerApp.shutdown_no_activity_timeout = 0
c.ServerApp.root_dir = "/home/student"
c.ServerApp.terminals_enabled = True
c.ServerApp.allow_remote_access = True  # the proxy's Host is the workspace's own name
c.ServerApp.allow_origin = os.environ.get("LABYARD_ORIGIN", "")
c.ServerApp.disable_check_xsrf = False
c.ServerApp.use_redirect_file = False
c.ServerApp.trust_xheaders = False
c.ServerApp.websocket_ping_interval = 30_000
c.IdentityProvider.token = os.environ.get("JUPYTER_TOKEN", "")
c.PasswordIdentityProvider.allow_password_change = False
c.PasswordIdentityProvider.password_required = False
c.ContentsManager.allow_hidden = False
c.FileContentsManager.delete_to_trash = False
c.MappingKernelManager.cull_idle_timeout = 0
# Opened when first used, and kept in memory where the home cannot hold them.
c.NotebookNotary.db_file = "/home/student/.jupyter/nbsignatures.db"
c.NotebookNotary.secret_file = "/home/student/.jupyter/notebook_secret"


class HomeKernelSpecs(KernelSpecManager):
    """The image's kernels first, then those that the student made."""

    def _kernel_dirs_default(self):
        return ["/opt/venv/share/jupyter/kernels", "/home/student/.local/share/jupyter/kernels"]


c.ServerApp.kernel_spec_manager_class = HomeKernelSpecs
# A student's shell keeps what it installs in the home, and begins there when nobody said where: the server's own
# directory is /, because it starts before there is a home.
c.ServerApp.terminado_settings = {
    "shell_command": [
        "/bin/sh",
        "-c",
        '[ "$(pwd -P)" != / ] || cd /home/student; unset JUPYTER_DATA_DIR JUPYTER_CONFIG_DIR; exec /bin/bash -l',
    ]
}

# Lab extensions of the home could break the page; those of the image cannot.
c.LabApp.labextensions_path = ["/opt/venv/share/jupyter/labextensions"]
c.LabApp.extra_labextensions_path = []
language = "en" if os.environ.get("LABYARD_LOCALE", "").startswith("en") else "zh"
c.LabApp.app_settings_dir = f"/etc/jupyter/settings-{language}"
c.LabApp.news_url = None
c.LabApp.check_for_updates_class = "jupyterlab.NeverCheckForUpdate"
c.LabApp.extension_manager = "readonly"
c.LabApp.expose_app_in_browser = True  # notices.js shows notifications with it

# Workspaces are started with a token. Without one the server must not come up open to its network.
if not c.IdentityProvider.token and not getattr(LabApp, "labyard", False):
    raise SystemExit("labyard-jupyter: JUPYTER_TOKEN is not set")


# The proxy adds the token to every request: the page in the browser, kernels and terminals need not know it.
def without_token(initialize_handlers):
    def initialize(self):
        initialize_handlers(self)
        self.serverapp.web_app.settings["page_config_data"]["token"] = ""
        os.environ.pop("JUPYTER_TOKEN", None)

    return initialize


if not getattr(LabApp, "labyard", False):  # this file is read more than once
    LabApp.labyard = True
    LabApp.initialize_handlers = without_token(LabApp.initialize_handlers)
