# Tidy tables over all verdicts and cells.


rule tables:
    input:
        [f"results/{SCALE}/verdicts/{key}.json" for key in PLAN.claims],
    output:
        expand(
            "results/{scale}/tables/{table}.{form}",
            scale=SCALE,
            table=["verdicts", "claims", "arms", "tuning", "compute"],
            form=["parquet", "csv"],
        ),
        f"results/{SCALE}/tables/suite.json",
    log:
        f"results/{SCALE}/logs/tables.log",
    conda:
        "../envs/cpu.yaml"
    params:
        options=OPTIONS,
        ledger=digest("../claims/*/*.toml"),
        code=digest("judge/*.py", "report/*.py", "quantities.py"),
    message:
        "tables"
    shell:
        "exec python -m claimbench tables {params.options} > {log} 2>&1"
