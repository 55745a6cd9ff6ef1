# Read by JupyterHub for the bench: its defaults, with the image and the limits that our workspaces have.
import json
import os

c = get_config()  # noqa: F821
box = json.loads(os.environ["BENCH_BOX"])

c.JupyterHub.bind_url = f"http://127.0.0.1:{box['port']}"
c.JupyterHub.hub_port = box["hubPort"]
c.JupyterHub.cleanup_servers = True
c.ConfigurableHTTPProxy.api_url = f"http://127.0.0.1:{box['apiPort']}"
c.ConfigurableHTTPProxy.command = box["proxy"]
c.JupyterHub.authenticator_class = "null"
c.JupyterHub.services = [{"name": "bench", "api_token": box["token"]}]
c.JupyterHub.load_roles = [{"name": "bench", "services": ["bench"], "scopes": ["admin:users", "admin:servers", "list:users"]}]

c.JupyterHub.spawner_class = "dockerspawner.DockerSpawner"
c.DockerSpawner.image = box["image"]
c.DockerSpawner.network_name = box["network"]
c.DockerSpawner.use_internal_ip = True
c.DockerSpawner.remove = True
c.DockerSpawner.prefix = box["prefix"]
c.DockerSpawner.name_template = "{prefix}-{username}"
c.DockerSpawner.notebook_dir = ""
c.DockerSpawner.environment = {"HOME": "/home/student", "JUPYTER_TOKEN": box["token"]}
c.DockerSpawner.extra_create_kwargs = {"user": "1000:1000", "labels": {"labyard.deploy": "test-raw"}}
c.DockerSpawner.cpu_limit = box["cpus"]
c.DockerSpawner.extra_host_config = box["limits"]
# Our image has no jupyterhub-singleuser, which is slower: the plain server at the address the hub looks for.
c.DockerSpawner.cmd = [
    "sh",
    "-c",
    'mkdir -p -m 700 "$JUPYTER_RUNTIME_DIR"; cd /; exec /opt/venv/bin/python -s -P -m jupyterlab --no-browser'
    ' --ServerApp.base_url="$JUPYTERHUB_SERVICE_PREFIX"',
]
