#include "engine/kernels/roofs.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstring>

#include "base/thread_pool.h"

namespace yun::kernels {
namespace {

using Clock = std::chrono::steady_clock;

double Seconds(Clock::time_point from) { return std::chrono::duration<double>(Clock::now() - from).count(); }

class Buffer {
 public:
  explicit Buffer(std::uint64_t bytes) : bytes_(bytes) {
    void* data = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (data == MAP_FAILED) return;
    data_ = static_cast<std::uint8_t*>(data);
    ::madvise(data, bytes, MADV_HUGEPAGE);
  }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  ~Buffer() {
    if (data_) ::munmap(data_, bytes_);
  }
  std::uint8_t* data() const { return data_; }

 private:
  std::uint8_t* data_ = nullptr;
  std::uint64_t bytes_;
};

/// The best rate of some runs of all chunks; f(chunk) returns what it did.
template <class F>
double Best(ThreadPool& pool, std::uint32_t chunks, double seconds, F&& f) {
  double best = 0;
  const auto begin = Clock::now();
  for (int run = 0; run < 2 || Seconds(begin) < seconds; ++run) {
    std::vector<double> done(chunks);
    const auto start = Clock::now();
    pool.ParallelFor(chunks, [&](std::uint32_t chunk, int) { done[chunk] = f(chunk); });
    const double took = Seconds(start);
    double total = 0;
    for (const double d : done) total += d;
    best = std::max(best, total / took);
  }
  return best;
}

/// Rounds of a probe that take about a millisecond, so that threads share them evenly.
std::uint32_t RoundsFor(double (*peak)(std::uint32_t)) {
  std::uint32_t rounds = 64;
  for (; rounds < 1u << 24; rounds *= 2) {
    const auto begin = Clock::now();
    peak(rounds);
    if (Seconds(begin) > 5e-4) break;
  }
  return rounds;
}

}  // namespace

Result<std::vector<Roofs>> MeasureRoofs(const Kernels& kernels, const std::vector<int>& threads, RoofOptions options) {
  constexpr std::uint64_t kPiece = 16u << 20;  // what a thread reads at a time: 8 streams of a huge page each
  std::uint64_t bytes = options.buffer_bytes;
  if (bytes == 0)
    bytes = std::min<std::uint64_t>(512u << 20, static_cast<std::uint64_t>(::sysconf(_SC_PHYS_PAGES)) / 8 *
                                                  static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE)));
  const auto pieces = static_cast<std::uint32_t>(std::max<std::uint64_t>(1, bytes / kPiece));
  const Buffer buffer(pieces * kPiece);
  if (!buffer.data()) return Fail(Code::kNoMemory, "no {} MiB to measure the memory with", pieces * (kPiece >> 20));

  std::vector<Roofs> all;
  ThreadPool(*std::max_element(threads.begin(), threads.end())).ParallelFor(pieces, [&](std::uint32_t piece, int) {
    std::memset(buffer.data() + piece * kPiece, 1, kPiece);
  });
  for (const int count : threads) {
    ThreadPool pool(count);
    Roofs roofs{.threads = count};
    const auto read = [&](std::uint32_t streams) {
      return Best(pool, pieces, options.seconds, [&](std::uint32_t piece) {
        return static_cast<double>(kernels.read(buffer.data() + piece * kPiece, kPiece, streams));
      });
    };
    const auto peak = [&](double (*probe)(std::uint32_t)) {
      const std::uint32_t rounds = RoundsFor(probe);
      return Best(pool, static_cast<std::uint32_t>(4 * count), options.seconds,
                  [&](std::uint32_t) { return probe(rounds); });
    };
    roofs.read_1_stream = read(1);
    roofs.read_8_streams = read(8);
    roofs.int8 = peak(kernels.peak_int8);
    roofs.f32 = peak(kernels.peak_f32);
    roofs.bf16 = std::max(roofs.f32, kernels.peak_bf16 ? peak(kernels.peak_bf16) : 0);
    all.push_back(roofs);
  }
  return all;
}

}  // namespace yun::kernels
