# Tidewatch in a container: both programs, what comes with them, and the weights of the encoder.
# docs/containers.md says how to use it; compose.yaml runs it with Prometheus, Alertmanager and Grafana.

ARG BUILD_BASE=debian:bookworm
ARG BASE=debian:bookworm-slim

# ---- Programs ------------------------------------------------------------------------------------
FROM ${BUILD_BASE} AS build
# What ./run installs for building; tests/containers/check.py holds this list to that one.
RUN apt-get update && apt-get install -y --no-install-recommends \
        gcc libc6-dev meson ninja-build pkg-config \
        libcjson-dev libcurl4-openssl-dev libgnutls28-dev libinih-dev libmicrohttpd-dev libncurses-dev \
        libsqlite3-dev libstemmer-dev libunistring-dev nettle-dev \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
RUN meson setup /build --prefix=/usr --strip -Dbuildtype=release -Dtests=disabled -Dinstalled=true \
    && ninja -C /build src/server/tidewatchd src/tui/tidewatch \
    && DESTDIR=/out meson install -C /build --no-rebuild

# ---- Weights -------------------------------------------------------------------------------------
# Of the sentence encoder, 87 MB: fetched, by their pinned hash, or none. Without them questions are
# answered by words alone, unless TIDEWATCH_ENCODER_WEIGHTS names a folder that is mounted.
FROM ${BUILD_BASE} AS encoder
ARG ENCODER=fetched
COPY assets/encoder.lock assets/fetch-encoder.sh /assets/
RUN case $ENCODER in \
    fetched) apt-get update && apt-get install -y --no-install-recommends ca-certificates python3-pip \
        && /assets/fetch-encoder.sh /encoder && chmod -R a+rX /encoder ;; \
    none) mkdir /encoder ;; \
    *) echo "ENCODER is fetched or none, not '$ENCODER'" >&2; exit 1 ;; \
    esac

# ---- What runs -----------------------------------------------------------------------------------
FROM ${BASE}
# /etc/tidewatch-stack is where render-config writes for Prometheus and Alertmanager, whose images run as
# nobody (65534): a volume that is new takes its owner from here.
RUN apt-get update && apt-get install -y --no-install-recommends \
        ca-certificates libcjson1 libcurl4 libgnutls30 libinih1 libmicrohttpd12 libncursesw6 libnettle8 \
        libsqlite3-0 libstemmer0d libunistring2 \
    && rm -rf /var/lib/apt/lists/* \
    && groupadd --gid 10001 tidewatch \
    && useradd --uid 10001 --gid tidewatch --no-create-home --home-dir /var/lib/tidewatch \
        --shell /usr/sbin/nologin tidewatch \
    && install -d -o tidewatch -g tidewatch -m 700 /var/lib/tidewatch \
    && install -d -o 65534 -g 65534 -m 700 /etc/tidewatch-stack
COPY --from=build /out /
COPY --from=encoder /encoder /usr/share/tidewatch/encoder
COPY assets/container/start.sh assets/container/healthy.sh /usr/libexec/tidewatch/
COPY LICENSE /usr/share/doc/tidewatch/copyright
# A library that the list above lacks shows here, and not at somebody's first start.
RUN tidewatchd --version && tidewatch --version

# On all addresses of the container: without tokens for reading and asking the server refuses that.
ENV LANG=C.UTF-8 \
    TIDEWATCH_STATE=/var/lib/tidewatch \
    TIDEWATCH_ENCODER_WEIGHTS=/usr/share/tidewatch/encoder \
    TIDEWATCH_AUTH_TOKEN_FILE=/tmp/tidewatch/operator.token \
    TIDEWATCH_LISTEN_ML=0.0.0.0:8000 \
    TIDEWATCH_LISTEN_LLM=0.0.0.0:8001 \
    TIDEWATCH_LISTEN_VECTOR=0.0.0.0:8002 \
    TIDEWATCH_LISTEN_OPS=0.0.0.0:8003
USER tidewatch
WORKDIR /
VOLUME /var/lib/tidewatch
EXPOSE 8000 8001 8002 8003
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 CMD ["/usr/libexec/tidewatch/healthy.sh"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["/usr/libexec/tidewatch/start.sh"]
