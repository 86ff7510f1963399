#!/usr/bin/env bash
#
# Whether the tidewatchd of this container says that it is ready; there is no curl in it. Asked is the
# operations API where it has one: an outage that a simulation makes of another is no ill health.
set -euo pipefail

case ,${TIDEWATCH_SERVER_ROLES:-ops}, in
*,ops,*) at=$TIDEWATCH_LISTEN_OPS ;;
*,ml,*) at=$TIDEWATCH_LISTEN_ML ;;
*) at=$TIDEWATCH_LISTEN_LLM ;;
esac
host=${at%:*}
[ "$host" != 0.0.0.0 ] || host=127.0.0.1

exec 3<>"/dev/tcp/$host/${at##*:}"
# There is nothing in it either that speaks TLS without being told of a certificate: then somebody listens.
[ -z "${TIDEWATCH_TLS_CERTIFICATE_FILE:-}" ] || exit 0
printf 'GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' >&3
read -r -t 4 _ status _ <&3
[ "$status" = 200 ]
