#!/usr/bin/env python3
"""One prompt and one answer with OpenVINO GenAI on the CPU; prints JSON. Run by compare.py with that environment's Python.

  python peer_openvino.py MODEL_DIR --prompt 512 --gen 2 --threads 2
MODEL_DIR is an export of optimum-cli (text-generation-with-past, weight format int8). Random token ids, greedy.
"""
import json
import random

import numpy
import openvino
import openvino_genai

from peer import arguments

a = arguments(__doc__)
pipeline = openvino_genai.LLMPipeline(a.model, "CPU", INFERENCE_NUM_THREADS=a.threads, PERFORMANCE_HINT="LATENCY",
                                      DYNAMIC_QUANTIZATION_GROUP_SIZE="32")
random.seed(1)


def run(prompt, gen):
    config = openvino_genai.GenerationConfig()
    config.max_new_tokens, config.ignore_eos, config.do_sample = gen, True, False
    ids = numpy.array([[random.randrange(1000, 100000) for _ in range(prompt)]], dtype=numpy.int64)
    return pipeline.generate(openvino.Tensor(ids), config).perf_metrics


run(min(a.prompt, 512), 2)  # warm-up: shapes are compiled on first use
m = run(a.prompt, a.gen)
print(json.dumps({"prefill": a.prompt / (m.get_ttft().mean / 1e3), "decode": 1e3 / m.get_tpot().mean,
                  "build": f"OpenVINO GenAI {openvino_genai.__version__}"}))
