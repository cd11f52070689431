# The HTML report.


rule report:
    input:
        rules.tables.output,
        sources=sources("report"),
    output:
        f"reports/{SCALE}/index.html",
    params:
        config=canonical_json({name: config[name] for name in sorted(config)}),
    log:
        f"results/{SCALE}/logs/report.log",
    message:
        f"report: reports/{SCALE}/index.html"
    shell:
        "exec {CLAIMBENCH} report --config {params.config:q} --output reports/{SCALE} > {log} 2>&1"


# A cell that failed leaves its claims' verdicts and the tables undone; the report says so all the same.
onerror:
    shell("{CLAIMBENCH} report --config {canonical_json(dict(config))} --output reports/{SCALE} --partial")
