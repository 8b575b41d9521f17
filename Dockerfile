# The responder behind nginx in one container, for Cloud Run or any other engine: docs/deploy-cloud-run.md. The target
# "demo" has the stand-in for Tiki beside them, for compose.yaml.

# Debian 12, since Swift 6.3 has no image on 13. Both bases have the same release, or the executable could need a newer glibc.
ARG SWIFT_IMAGE=swift:6.3-bookworm
ARG BASE_IMAGE=debian:bookworm-slim

# --- dependencies: built again only if Package.swift or packages.txt changes ---------------------------------

FROM ${SWIFT_IMAGE} AS dependencies

# Unpinned like the bases: a build with --pull --no-cache is how Debian's security updates come in, also those of c-ares
# and hiredis, which are linked in; and old versions leave its archive.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends libc-ares-dev libfcgi-dev libhiredis-dev pkg-config \
    && rm -rf /var/lib/apt/lists/*

WORKDIR /build
COPY Package.swift ./
COPY Sources/CCares Sources/CCares
COPY Sources/CFCGI Sources/CFCGI
COPY Sources/CHiredis Sources/CHiredis
COPY Sources/CLinux Sources/CLinux
COPY scripts/container-placeholders.sh scripts/build-release.sh scripts/check-packages.sh scripts/packages.txt scripts/
# The same build as below, of empty sources. Kept as an archive: SwiftPM compares times to the nanosecond, and a layer
# keeps whole seconds, so that files in it would all be built again. Package.resolved, which check-packages.sh makes, stays
# as it is: nothing below resolves other versions.
RUN scripts/container-placeholders.sh \
    && scripts/check-packages.sh \
    && scripts/build-release.sh --product tiniapp-auth-backend --force-resolved-versions \
    && tar --format=pax -cf build.tar .build \
    && rm -r .build Sources

# --- the binary -----------------------------------------------------------------------------------------------

FROM dependencies AS build

COPY Sources Sources
COPY scripts/container-quit-only.c scripts/container-init.c scripts/
RUN tar -xf build.tar \
    && scripts/build-release.sh --product tiniapp-auth-backend --force-resolved-versions \
    && install -D -s -m 755 .build/release/tiniapp-auth-backend /image/usr/local/bin/tiniapp-auth-backend \
    && mkdir -p /image/usr/local/lib \
    && clang -O2 -Wall -Werror -shared -fPIC -s -o /image/usr/local/lib/container-quit-only.so scripts/container-quit-only.c \
    && clang -O2 -Wall -Werror -static -s -Wl,-e,first_instructions -o /image/usr/local/bin/container-init scripts/container-init.c

COPY scripts/container-entrypoint.sh /image/usr/local/bin/container-entrypoint
COPY nginx/http.conf nginx/cross-origin.conf nginx/routes.conf nginx/kept-connections.conf \
     nginx/limit-zones.conf nginx/limits.conf nginx/container.conf.template \
     /image/etc/tiniapp-auth-backend/nginx/
# Whatever the modes in the checkout: any user may read it, nobody may write it.
RUN chmod -R u=rwX,go=rX /image

# --- the image ------------------------------------------------------------------------------------------------

FROM ${BASE_IMAGE} AS production

# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates libfcgi0ldbl nginx-light \
    && rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/cache/debconf/*-old /var/lib/dpkg/*-old \
        /var/log/apt /var/log/*.log /var/log/nginx /usr/share/nginx/html /var/www

COPY --from=build /image /

LABEL org.opencontainers.image.title="tiniapp-auth-backend" \
      org.opencontainers.image.description="Logs the users of a Tiki Mini App in: nginx and a FastCGI responder" \
      org.opencontainers.image.version="0.3.0" \
      org.opencontainers.image.base.name="docker.io/library/debian:bookworm-slim"

ENV PORT=8080
EXPOSE 8080

# Any other user will do: nothing in the image belongs to this one, and it writes only to /tmp.
USER 10001:0

STOPSIGNAL SIGTERM
# For Docker and Podman; Cloud Run and Kubernetes have their own probes. By the shell: the image has no HTTP client.
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s \
    CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/${PORT:-8080} && printf 'GET /health/ready HTTP/1.0\\r\\n\\r\\n' >&3 && grep -q '^HTTP/1.[01] 200' <&3"]
ENTRYPOINT ["container-init", "container-entrypoint"]

# --- for trying it out ----------------------------------------------------------------------------------------

FROM build AS demo-build

# From the archive once more, for its times.
RUN rm -r .build \
    && tar -xf build.tar \
    && scripts/build-release.sh --product tiki-sandbox --force-resolved-versions \
    && install -D -s -m 755 .build/release/tiki-sandbox /demo/usr/local/bin/tiki-sandbox

COPY scripts/container-demo.sh /demo/usr/local/bin/container-demo
COPY scripts/try.sh /demo/usr/local/bin/try
COPY scripts/sandbox.sh /demo/usr/local/share/tiniapp-auth-backend/
RUN chmod -R u=rwX,go=rX /demo

FROM production AS demo

COPY --from=demo-build /demo /
ENTRYPOINT ["container-init", "container-demo"]

# --- the default target ---------------------------------------------------------------------------------------

FROM production
