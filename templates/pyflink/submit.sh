#!/bin/sh
# Submits the job to a Flink cluster: KAFKA=host:port ./submit.sh [options of `flink run`, as --fromSavepoint PATH]
set -eu
here=$(cd "$(dirname "$0")" && pwd)
: "${FLINK_HOME:?the folder of Flink {{ flink.series() }}}" "${KAFKA:?host:port of Kafka}"
PYTHONHASHSEED=0 exec "$FLINK_HOME/bin/flink" run --detached "$@" \
    --python "$here/job.py" --pyFiles "$here" --pyExecutable "${PYTHON:-python3}" --pyClientExecutable "${PYTHON:-python3}" \
    --bootstrap "$KAFKA"
