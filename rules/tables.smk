# Tidy tables over all verdicts and cells.

TABLES = ["verdicts", "claims", "arms", "tuning", "compute"]


rule tables:
    input:
        verdicts=[f"results/{SCALE}/verdicts/{key}.json" for key in PLAN.claims],
        claims=[os.path.relpath(claim.path) for claim in LEDGER.values()],
        sources=sources("judge") + ["workflow/claimbench/report/tables.py", "workflow/claimbench/quantities.py"],
    output:
        expand("results/{scale}/tables/{table}.{form}", scale=SCALE, table=TABLES, form=["parquet", "csv"]),
        f"results/{SCALE}/tables/suite.json",
    params:
        config=canonical_json({name: config[name] for name in sorted(config)}),
    log:
        f"results/{SCALE}/logs/tables.log",
    message:
        "tables"
    shell:
        "exec {CLAIMBENCH} tables --config {params.config:q} > {log} 2>&1"
