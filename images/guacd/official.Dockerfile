# Guacamole's own image, started by the one command that ours is.
FROM labyard/guacd-official
ENV LC_ALL=C.UTF-8 HOME=/tmp
USER 65534:65534
EXPOSE 4822
ENTRYPOINT ["/opt/guacamole/sbin/guacd"]
CMD ["-f", "-b", "0.0.0.0", "-l", "4822", "-L", "info"]
