"""`python -m awslayer`: serves the layer until it is told to stop."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
from pathlib import Path


def main() -> int:
    """Parses the command line, says the address, serves."""
    parser = argparse.ArgumentParser(prog="awslayer", description="An AWS for tests, on loopback.")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, default=0, help="port to listen on; 0 takes a free one")
    parser.add_argument("--port-file", type=Path, help="file that receives the port, written when ready")
    options = parser.parse_args()

    from .server import make_server

    server = make_server(options.host, options.port)
    if options.port_file:
        # Written beside and moved: a reader never sees half a number.
        draft = options.port_file.with_name(options.port_file.name + ".tmp")
        draft.write_text(f"{server.port}\n")
        os.replace(draft, options.port_file)
    print(f"http://{options.host}:{server.port}", flush=True)

    def stop(*_: object) -> None:
        threading.Thread(target=server.shutdown, daemon=True).start()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    server.serve_forever()
    return 0


if __name__ == "__main__":
    sys.exit(main())
