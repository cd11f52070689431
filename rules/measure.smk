# The unit of work: one cell, all its replicates.


def cell_of(wildcards):
    """The plan's cell, or a clear error for a file name that the plan does not have."""
    try:
        return PLAN.cells[wildcards.cell]
    except KeyError:
        raise WorkflowError(f"no claim of this plan needs the cell {wildcards.cell} (scale={SCALE})")


rule measure:
    input:
        sources=lambda wildcards: cell_of(wildcards).inputs,
        data=lambda wildcards: [f"data/{name}/manifest.json" for name in cell_of(wildcards).datasets],
    output:
        "results/{scale}/cells/{study}/{cell}.parquet",
        "results/{scale}/cells/{study}/{cell}.manifest.json",
    params:
        spec=lambda wildcards: canonical_json(cell_of(wildcards).spec),
        words=lambda wildcards: cell_of(wildcards).words,
    log:
        "results/{scale}/logs/{study}/{cell}.log",
    threads: 1
    resources:
        mem_mb=2000,
        runtime=60,
    message:
        "measuring {params.words}"
    shell:
        "exec {CLAIMBENCH} measure --spec {params.spec:q} --output {output[0]} --data data --device {CONFIG.device} > {log} 2>&1"


rule cells:
    input:
        [cell.path for cell in PLAN.cells.values()],
