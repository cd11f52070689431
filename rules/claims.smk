# Judging, and one rule for each claim of the ledger: `snakemake --cores 2 squentropy`.


rule judge:
    input:
        claim=lambda wildcards: os.path.relpath(LEDGER[wildcards.key].path),
        cells=lambda wildcards: sorted({PLAN.cells[use.cell].path for use in PLAN.claims[wildcards.key]}),
    output:
        "results/{scale}/verdicts/{key}.json",
    log:
        "results/{scale}/logs/verdicts/{key}.log",
    conda:
        "../envs/cpu.yaml"
    params:
        options=OPTIONS,
        code=digest("judge/*.py", "quantities.py"),
    message:
        "judging {wildcards.key}"
    shell:
        "exec python -m claimbench judge {wildcards.key} {params.options} --output {output} > {log} 2>&1"


for key in LEDGER:

    rule:
        name:
            key
        input:
            verdict_of(key),
