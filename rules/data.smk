# Data sets: fetched or made once, with checksum, licence and source recorded.


rule fetch:
    input:
        lambda wildcards: source_of_data(wildcards.dataset),
    output:
        "data/{dataset}/manifest.json",
    log:
        "data/{dataset}/fetch.log",
    conda:
        "../envs/cpu.yaml"
    message:
        "data set {wildcards.dataset}"
    shell:
        "exec python -m claimbench fetch {wildcards.dataset} --to data > {log} 2>&1"
