# One run at a time in a folder.

import fcntl

# Snakemake's own locks outlive a killed process; the kernel takes this one back. The profile sets `nolock`.
HELD = []


onstart:
    HELD.append(open(".snakemake/claimbench.lock", "w"))
    try:
        fcntl.flock(HELD[0], fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise WorkflowError(
            f"another run is working in {os.getcwd()}: wait for its end or stop it, then start again"
        )
