"""report.py MEASURES SVG: medians of lines "KERNEL INPUT CHUNK GB/s" as a table of GB/s and ratios, and as a plot."""
import collections
import statistics
import sys

measures = collections.defaultdict(list)
for line in open(sys.argv[1]):
    kernel, name, chunk, speed = line.split()
    measures[kernel, (name, int(chunk))].append(float(speed))
medians = {key: statistics.median(values) for key, values in measures.items()}
kernels = list(dict.fromkeys(key[0] for key in measures))
columns = list(dict.fromkeys(key[1] for key in measures))
rounds = max(map(len, measures.values()))


def size(chunk):
    return "%dK" % (chunk // 1024) if chunk % 1024 == 0 else str(chunk)


def table(title, cell):
    print("\n%s (medians of %d rounds)\n" % (title, rounds))
    print("| | " + " | ".join("%s/%s" % (name, size(chunk)) for name, chunk in columns) + " |")
    print("|---" * (len(columns) + 1) + "|")
    for kernel in kernels:
        print("| %s | %s |" % (kernel, " | ".join(cell(kernel, column) for column in columns)))


def over(base):
    def cell(kernel, column):
        if (kernel, column) not in medians or (base(kernel), column) not in medians:
            return ""
        return "%.2f" % (medians[kernel, column] / medians[base(kernel), column])
    return cell


table("GB/s", lambda k, c: "%.2f" % medians[k, c] if (k, c) in medians else "")
table("Times memcpy", over(lambda kernel: "memcpy"))
table("Times the byte loop", over(lambda kernel: "encode-bytes" if "encode" in kernel else "decode-bytes"))

# ---- the plot: a group of bars for each input in chunks of 64 KiB, on a scale of powers of ten
colours = {
    "memcpy": "#999999",
    "decode-slices": "#08519c", "decode-copy": "#4292c6", "decode-bytes": "#c6dbef",
    "smtp-server-decode": "#fdd0a2", "libetpan-decode": "#fd8d3c", "aiosmtpd-decode": "#a63603",
    "encode-slices": "#006d2c", "encode-copy": "#41ab5d", "encode-bytes": "#c7e9c0",
    "libetpan-encode": "#dadaeb", "nodemailer-encode": "#9e9ac8", "python-data-encode": "#54278f",
}
shown = [k for k in colours if k in kernels]
groups = [c for c in columns if c[1] == 65536]
low, high, bar, gap, height, left, top = 0.001, 100.0, 9, 16, 300, 50, 40
import math
width = left + len(groups) * (len(shown) * bar + gap) + 150


def y(value):
    share = (math.log10(max(value, low)) - math.log10(low)) / (math.log10(high) - math.log10(low))
    return top + height * (1 - share)


svg = ['<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" font-family="sans-serif" font-size="11">'
       % (width, top + height + 40),
       '<rect width="100%" height="100%" fill="white"/>',
       '<text x="%d" y="20" font-size="14">Content decoded and encoded, GB/s, in chunks of 64 KiB</text>' % left]
for power in (0.001, 0.01, 0.1, 1, 10, 100):
    svg.append('<line x1="%d" x2="%d" y1="%.1f" y2="%.1f" stroke="#dddddd"/>' % (left, width - 150, y(power), y(power)))
    svg.append('<text x="%d" y="%.1f" text-anchor="end">%g</text>' % (left - 4, y(power) + 4, power))
for i, column in enumerate(groups):
    x = left + gap / 2 + i * (len(shown) * bar + gap)
    for j, kernel in enumerate(shown):
        value = medians.get((kernel, column))
        if value:
            svg.append('<rect x="%.1f" y="%.1f" width="%d" height="%.1f" fill="%s"><title>%s %s: %.2f</title></rect>'
                       % (x + j * bar, y(value), bar - 1, top + height - y(value), colours[kernel], kernel, column[0], value))
    svg.append('<text x="%.1f" y="%d" text-anchor="middle">%s</text>'
               % (x + len(shown) * bar / 2, top + height + 16, column[0]))
for j, kernel in enumerate(shown):
    svg.append('<rect x="%d" y="%d" width="10" height="10" fill="%s"/>' % (width - 140, top + 18 * j, colours[kernel]))
    svg.append('<text x="%d" y="%d">%s</text>' % (width - 125, top + 18 * j + 9, kernel))
svg.append("</svg>")
open(sys.argv[2], "w").write("\n".join(svg) + "\n")
