# weir in a slim image: built from source, run as a user of its own.
FROM debian:12-slim AS build
COPY tests/lib/deps.sh /src/tests/lib/deps.sh
RUN /src/tests/lib/deps.sh build
COPY . /src
WORKDIR /src
RUN make -j"$(nproc)" WERROR= && strip build/weir

FROM debian:12-slim
RUN apt-get update \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
        ca-certificates tzdata librdkafka1 libpq5 libsqlite3-0 libedit2 libutf8proc2 libpcre2-8-0 libgmp10 libssl3 libzstd1 libxxhash0 \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --system --uid 10001 --home-dir /var/lib/weir --create-home weir
COPY --from=build /src/build/weir /usr/local/bin/weir
COPY sql /usr/share/weir/sql
USER weir
WORKDIR /var/lib/weir
# Checkpoints: mount a volume here to go on after the container was replaced.
ENV WEIR_STATE_DIR=/var/lib/weir
VOLUME /var/lib/weir
ENTRYPOINT ["weir"]
CMD ["--help"]
