# The plan, made once, and the lock that keeps two runs out of one folder.

import fcntl
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(workflow.basedir) / "workflow"))

from snakemake.exceptions import WorkflowError

from claimbench.errors import ClaimbenchError
from claimbench.files import canonical_json
from claimbench.plan import load_config, make_plan, source_of_data
from claimbench.spec import load_ledger

try:
    CONFIG = load_config(config)
    LEDGER = load_ledger()
    PLAN = make_plan(LEDGER, CONFIG)
except ClaimbenchError as error:
    raise WorkflowError(str(error))

SCALE = CONFIG.scale
CLAIMBENCH = f"{sys.executable} -m claimbench"
os.environ["PYTHONPATH"] = os.pathsep.join(
    filter(None, [str(Path(workflow.basedir) / "workflow"), os.environ.get("PYTHONPATH")])
)

# Snakemake's own locks outlive a killed process; the kernel takes this one back. The profile sets `nolock`.
if workflow.is_main_process and not workflow.dryrun:
    Path(".snakemake").mkdir(exist_ok=True)
    RUN_LOCK = open(".snakemake/claimbench.lock", "w")
    try:
        fcntl.flock(RUN_LOCK, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise WorkflowError(f"another run is working in {os.getcwd()}: wait for its end or stop it, then start again")


def sources(*folders):
    """The Python, template and static files of package folders: inputs of the rules that they implement."""
    package = Path("workflow/claimbench")
    found = (path for folder in folders for path in (package / folder).rglob("*"))
    return sorted(str(path) for path in found if path.is_file() and "__pycache__" not in path.parts)


wildcard_constraints:
    scale="smoke|quick|full",
    study="[a-z_]+",
    cell="[0-9a-f]{16}",
    key="[a-z0-9-]+",
    dataset="[a-z0-9-]+",
