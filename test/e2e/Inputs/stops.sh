#!/bin/sh
# Rank 0 is stopped when the others have ended.
if [ "$OMPI_COMM_WORLD_RANK" = 0 ]; then
  kill -STOP $$
fi
