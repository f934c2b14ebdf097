#!/usr/bin/env python3
"""Two tenants who both want more than they can have, one asking ten times as often: virtual token counters, against
first come first served (`yun serve --policy fair=off`).

  bench/research/fairness.py --model smollm2-135m-q4_1.gguf

Open loop: each tenant has an API key; the rarer one alone asks for more than half of what the machine gives, so both
always have requests waiting. Service is 1 for a prompt token (when the first token of its answer comes) and 2 for one
of the answer, as heard. From the moment when both wait (a tenth of the time is left out) the difference of their
services must stay within 2 max(w_p L, w_q M): L the longest prompt, M the most tokens that run at once.
source: Sheng et al., Fairness in Serving Large Language Models, OSDI 2024, theorem 4.4
"""
import bisect
import random
import tempfile

import common
import load

PROMPT, ANSWER = 256, 128
WEIGHT_PROMPT, WEIGHT_ANSWER = 1, 2
OFTEN, RARE = "often", "rare"
FAIR, FCFS = "fair", "first come"
SAMPLES = 100


def trace(a, keys):
    rng, asks = random.Random(a.seed), []
    for tenant, rate in ((OFTEN, a.times * a.rate), (RARE, a.rate)):
        at = rng.expovariate(rate)
        while at < a.seconds:
            asks.append(load.Ask(load.random_prompt(rng, PROMPT), ANSWER, at, tenant, keys[tenant]))
            at += rng.expovariate(rate)
    return asks


def services(session, tenant):
    """[(time, service so far)] of a tenant."""
    steps = []
    for h in session.heard:
        if h.ask.tenant == tenant and h.times:
            each = (h.tokens or len(h.times)) / len(h.times)  # an event may hold more than one token
            steps.append((h.times[0], WEIGHT_PROMPT * PROMPT + WEIGHT_ANSWER * each))
            steps += [(t, WEIGHT_ANSWER * each) for t in h.times[1:]]
    steps.sort()
    so_far, out = 0.0, []
    for t, service in steps:
        so_far += service
        out.append((t, so_far))
    return out


def waiting_at(session, tenant, t):
    """Requests sent and without a first token."""
    return sum(h.sent <= t and (not h.times or h.times[0] > t) for h in session.heard if h.ask.tenant == tenant)


def measure(a, home, keys, *options):
    with common.serving(a, lambda: common.Yun(a, a.model, "--running-max", a.running, "--queue", 4000, *options,
                                              home=home)) as server:
        load.run(server.url, server.model, [load.Ask(load.random_prompt(random.Random(0), PROMPT), 8)], server.key, 1)
        session = load.run(server.url, server.model, trace(a, keys), server.key, seconds=a.seconds)
        others = server.others()
    curves = {t: services(session, t) for t in (OFTEN, RARE)}

    def at(tenant, t):
        i = bisect.bisect_right(curves[tenant], (t, float("inf")))
        return curves[tenant][i - 1][1] if i else 0.0

    times = [session.start + session.seconds * (0.1 + 0.9 * i / SAMPLES) for i in range(SAMPLES + 1)]
    grown = {t: [at(t, x) - at(t, times[0]) for x in times] for t in curves}
    # The bound holds for any span of time: the widest swing of the difference.
    difference = [x - y for x, y in zip(grown[OFTEN], grown[RARE])]
    got = [grown[t][-1] for t in (OFTEN, RARE)]
    bound = 2 * max(WEIGHT_PROMPT * PROMPT, WEIGHT_ANSWER * a.running * (PROMPT + ANSWER))
    backlogged = min(waiting_at(session, t, x) for t in curves for x in times)
    failed = [h for h in session.heard if h.error]
    return {"gap": round(max(difference) - min(difference)), "bound": bound,
            "gap_of_bound": round((max(difference) - min(difference)) / bound, 4),
            "jain": round(sum(got) ** 2 / (2 * sum(x * x for x in got)), 5) if any(got) else 0,
            "service_s": round(sum(got) / (times[-1] - times[0]), 1), "share_of_rare": round(got[1] / sum(got), 4),
            "always_waiting": backlogged, "sent": len(session.heard), "failed": len(failed),
            "first_error": failed[0].error if failed else "",
            "curve": [[round(x - session.start, 2), round(o), round(r)]
                      for x, o, r in zip(times, grown[OFTEN], grown[RARE])],
            "others_cores": others}


def main():
    a = common.arguments(__doc__, model=("smollm2-135m-q4_1.gguf", "GGUF"), seconds=(20.0, "of load"),
                         rate=(5.0, "requests a second of the tenant who asks rarely"),
                         times=(10, "as often the other asks"), running=(8, "requests computed together"))
    with tempfile.TemporaryDirectory() as home:
        keys = {}
        for tenant in (OFTEN, RARE):
            server = common.Yun(a, a.model, home=home, new_key=True)
            keys[tenant] = server.new_key
            server.stop()
        done = common.rounds(a, {FAIR: lambda: measure(a, home, keys),
                                 FCFS: lambda: measure(a, home, keys, "--policy", "fair=off")})
    common.keep(a, "fairness", f"Two tenants, 1 to {a.times}",
                f"{a.rate:g} and {a.times * a.rate:g} requests a second for {a.seconds:g} s, {PROMPT} tokens in and "
                f"{ANSWER} out, {a.running} computed together", done,
                [common.verdict("difference of services, of its bound",
                                common.spread([r[FAIR]["gap_of_bound"] for r in done]), 1, at_least=False),
                 common.verdict("Jain's index", common.spread([r[FAIR]["jain"] for r in done]), 0.99),
                 common.verdict("service/s, times first come first served", common.ratio(done, "service_s", FAIR, FCFS),
                                0.97)],
                ["gap", "bound", "jain", "share_of_rare", "service_s", "always_waiting"])


if __name__ == "__main__":
    main()
