# Judging, and one rule for each claim of the ledger: `snakemake --cores 2 squentropy`.


rule judge:
    input:
        claim=lambda wildcards: os.path.relpath(LEDGER[wildcards.key].path),
        cells=lambda wildcards: sorted({PLAN.cells[use.cell].path for use in PLAN.claims[wildcards.key]}),
        sources=sources("judge") + ["workflow/claimbench/quantities.py"],
    output:
        "results/{scale}/verdicts/{key}.json",
    params:
        config=canonical_json({name: config[name] for name in sorted(config)}),
    log:
        "results/{scale}/logs/verdicts/{key}.log",
    message:
        "judging {wildcards.key}"
    shell:
        "exec {CLAIMBENCH} judge {wildcards.key} --config {params.config:q} --output {output} > {log} 2>&1"


def verdict_of(key):
    """The input of a claim's own rule: its verdict, or the reason why there is none."""

    def verdict(wildcards):
        if key in PLAN.claims:
            return f"results/{SCALE}/verdicts/{key}.json"
        raise WorkflowError(f"claim {key} is {LEDGER[key].status}: it has no [experiment] in {LEDGER[key].path}")

    return verdict


for key in LEDGER:

    rule:
        name:
            key
        input:
            verdict_of(key),
