"""How fast Python's smtplib encodes content. Output as that of codecs.cpp."""
import random
import smtplib
import time

SIZE = 1 << 20


def content(name):
    numbers = random.Random(5321)
    lines = {
        "mixed": lambda: ("." if numbers.random() < 0.002 else "") + "a" * numbers.choice((70, 76)),
        "html": lambda: ("." if numbers.random() < 0.02 else "") + "a" * numbers.randint(20, 72),
        "dots": lambda: "." + "a" * 64,
        "dot1": lambda: ".",
        "char1": lambda: "a",
        "crlf": lambda: "",
    }[name]
    out, size = [], 0
    while size < SIZE:
        out.append(lines() + "\r\n")
        size += len(out[-1])
    return "".join(out).encode()


KERNELS = {
    "python-quote_periods": smtplib._quote_periods,
    "python-data": lambda text: smtplib._quote_periods(smtplib._fix_eols(text.decode()).encode()),
    "python-replace": lambda text: text.replace(b"\r\n.", b"\r\n.."),
}

for name in ("mixed", "html", "dots", "dot1", "char1", "crlf"):
    text = content(name)
    for kernel, run in KERNELS.items():
        start = time.perf_counter()
        run(text)
        print(kernel, name, 65536, "%.4f" % (len(text) / (time.perf_counter() - start) / 1e9))
