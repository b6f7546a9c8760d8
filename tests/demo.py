"""`make demo`: run the quickstart on the embedded engine, render it, and say what was made and where."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
BUILD = ROOT / "build" / "demo"


def main() -> None:
    """Run, render, tell; exits non-zero with the notebook's own error when a cell fails."""
    shutil.rmtree(BUILD, ignore_errors=True)
    BUILD.mkdir(parents=True)
    environment = {**os.environ, "IMGNB_ROUTE": "local", "IMGNB_LIBRARY": str(ROOT / "library")}
    report = BUILD / "quickstart.html"
    print("running notebooks/quickstart.ipynb on the embedded engine ...", flush=True)
    command = [sys.executable, "-m", "nbconvert", "--to", "html", "--execute", "--log-level", "ERROR"]
    notebook = ROOT / "notebooks" / "quickstart.ipynb"
    made = subprocess.run(
        [*command, "--output-dir", str(BUILD), str(notebook)],
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if made.returncode:
        sys.exit(made.stderr)
    found = subprocess.run(
        [sys.executable, "-m", "imgnb", "find", "--json", "--limit", "8"],
        check=True,
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    print("\nthe newest pictures in the library:")
    for generation in json.loads(found.stdout):
        for asset in generation["assets"]:
            path = Path(asset["path"]).relative_to(ROOT)
            print(f"  {asset['width']}x{asset['height']}  {path}  {' '.join(generation['prompt'].split())[:60]}")
    print(f"\nlibrary   {(ROOT / 'library' / 'library.db').relative_to(ROOT)}")
    print(f"report    {report.relative_to(ROOT)}")
    print("\nopen the notebooks in JupyterLab with:  make lab")


if __name__ == "__main__":
    main()
