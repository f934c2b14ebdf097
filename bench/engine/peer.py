"""What the peers that run in a Python of their own are asked for: one prompt, one answer."""
import argparse


def arguments(description):
    p = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("model")
    p.add_argument("--prompt", type=int, default=512, help="tokens before the first answer token")
    p.add_argument("--gen", type=int, default=2, help="answer tokens, at least 2")
    p.add_argument("--threads", type=int, default=2)
    return p.parse_args()
