# The service in a container: the binary, trusted certificates, nothing else.
# scripts/test-dockerfile-steps.sh runs the build steps below without Docker.
#
#   docker build -t chancery .
#   docker run --read-only -p 8080:8080 -v chancery:/var/lib/chancery chancery
#
# The PKCS#11 module of your HSM belongs to you: add it in an image of your own, FROM this one.

FROM rust:1.95-slim-bookworm AS build
SHELL ["/bin/bash", "-euo", "pipefail", "-c"]
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends build-essential \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /build
COPY . .
RUN cargo build --locked --profile dist --bin chancery

FROM debian:bookworm-slim
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates \
    && rm -rf /var/lib/apt/lists/* \
    && groupadd --gid 65532 chancery \
    && useradd --uid 65532 --gid 65532 --no-create-home --home-dir /var/lib/chancery \
        --shell /usr/sbin/nologin chancery \
    && install --directory --owner 65532 --group 65532 --mode 0700 /var/lib/chancery
COPY --from=build /build/target/dist/chancery /usr/local/bin/chancery
USER 65532:65532
WORKDIR /var/lib/chancery
VOLUME /var/lib/chancery
EXPOSE 8080
ENV CHANCERY_WEB__LISTEN=0.0.0.0:8080
# GET /livez and GET /readyz are for the orchestrator; there is no HTTP client in this image.
ENTRYPOINT ["chancery"]
CMD ["serve"]
