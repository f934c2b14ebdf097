// A model's matrices as the kernels eat them, in a file that is mapped: what is there once need not be packed again.
//
// The file, little-endian: header (its length and checksum first), then at a multiple of 2 MiB the data: the matrices
// in the order of computation, each at a multiple of 4 KiB. The data has a checksum (XXH3, 64 bits) every 2 MiB: such a
// chunk is read, checked and, where it is wrong, packed again from the model's own file as one. The small float vectors
// and what is known of the model's own files lie in the header.
#pragma once
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/cut_guard.h"
#include "base/result.h"
#include "base/thread_pool.h"
#include "engine/kernels/packed.h"

namespace yun::engine {

inline constexpr std::uint64_t kPackedChunkBytes = 2u << 20;  // a huge page: it can be mapped, and replaced, by itself
inline constexpr std::uint64_t kPackedAlign = 4096;
inline constexpr std::uint64_t kPackedHeaderBytesMax = 64u << 20;
inline constexpr std::uint64_t kPackedDataBytesMax = std::uint64_t{1} << 46;

struct PackedHeader {
  /// A file that the weights come from, as it was when it was opened.
  struct Source {
    std::string path;
    std::uint64_t bytes = 0;
    std::int64_t modified_ns = 0, changed_ns = 0;
    bool operator==(const Source&) const = default;
  };
  struct Matrix {
    std::string name;
    kernels::Packing packing = kernels::Packing::kF32;
    std::uint32_t rows = 0, cols = 0;
    std::uint32_t interleaved_head_dim = 0;  // rows were brought from pairs (2i, 2i+1) to (i, i + d/2); 0: as they were
    std::uint64_t offset = 0, bytes = 0;     // in the data
    bool operator==(const Matrix&) const = default;
  };
  struct Vector {
    std::string name;
    std::vector<float> values;
  };

  std::string model;  // for people
  bool f32 = false;
  std::vector<Source> sources;
  std::vector<Matrix> matrices;
  std::vector<Vector> vectors;
  std::uint64_t data_bytes = 0;
  std::vector<std::uint64_t> checksums;  // one a chunk
};

/// Of what the data is made of and how; not of where it lies, and not of the data.
std::uint64_t FingerprintOf(const PackedHeader& header);
std::uint64_t PackedChecksum(const void* data, std::size_t bytes);
std::string SerializePackedHeader(const PackedHeader& header);
/// Where the data of a file with so long a header begins.
std::uint64_t PackedDataOffset(std::uint64_t header_bytes);
/// `bytes` begins with the header. errors: kCorrupt (names `where`), kUnsupported (of another version)
Result<PackedHeader> ParsePackedHeader(std::span<const std::byte> bytes, std::uint64_t file_bytes,
                                       std::string_view where);
/// errors: kNotFound, kDisk, and as ParsePackedHeader
Result<PackedHeader> ReadPackedHeader(const std::filesystem::path& path);

/// The data of an opened file. Each chunk is read and checked once, by whoever comes first: a reader thread, or a
/// thread that needs it and then helps. What a Need has covered is right, and stays so and where it is. A chunk that
/// this process has found right before is not checked again while the file is the same, nobody has written to it, and
/// the system still has all of the chunk in memory: coming back then costs the mapping alone.
class PackedFile {
 public:
  /// Writes the right bytes of the data from `offset` on. thread: any, several at once
  using Mend = std::function<void(std::uint64_t offset, std::span<std::uint8_t> out)>;
  static constexpr int kReadersMin = 2, kReadersMax = 8;  // reads under way at once

  /// Opens the file if it holds what `expected` says, whose vectors need but have their sizes; they get their values.
  /// touch: its time says that it is in use now.
  /// errors: kNotFound (also: made of something else), kCorrupt, kUnsupported, kDisk, kNoMemory
  static Result<std::unique_ptr<PackedFile>> Open(const std::filesystem::path& path, PackedHeader& expected, Mend mend,
                                                  bool touch);
  ~PackedFile();
  PackedFile(const PackedFile&) = delete;
  PackedFile& operator=(const PackedFile&) = delete;

  const std::uint8_t* data() const { return data_; }
  std::uint64_t bytes() const { return bytes_; }

  /// Reads everything with some threads, first things first; then calls `after`, unless stopped: by the destructor.
  void StartReading(int threads, std::function<void(const std::atomic<bool>& stop)> after);
  /// Waits until all is read, and `after` done. thread: one at a time
  void WaitRead();

  /// Returns when a part of the data is there; with a pool, all its threads help.
  void Need(const std::uint8_t* begin, std::uint64_t bytes, ThreadPool& pool);
  void Need(const std::uint8_t* begin, std::uint64_t bytes);
  bool complete() const { return left_.load(std::memory_order_acquire) == 0; }
  /// Whether most of it is mapped as huge pages; where it is not, decoding is slower by a tenth.
  bool LiesInHugePages() const;
  /// Chunks whose checksums were computed.
  std::uint32_t checked() const { return checked_.load(); }
  /// Chunks that were wrong and have been packed again.
  std::uint32_t mended() const { return mended_.load(); }
  /// False: the file was cut while it was mapped, or what was mended is still not what it should be. Nothing that was
  /// read meanwhile is good then.
  bool sound() const { return sound_.load(std::memory_order_acquire) && !guard_.cut(); }

 private:
  enum State : std::uint32_t { kUntouched, kReading, kReady };
  PackedFile() = default;
  void Read(std::uint32_t chunk);
  void ReadChunk(std::uint32_t chunk);
  void ReadAll();

  std::filesystem::path path_;
  Mend mend_;
  void* reserved_ = nullptr;  // a chunk more than the data, which begins at a multiple of a chunk
  std::uint64_t reserved_bytes_ = 0;
  std::uint8_t* data_ = nullptr;
  std::uint64_t bytes_ = 0;
  CutGuard guard_;
  std::atomic<bool> sound_{true};
  std::vector<std::uint64_t> checksums_;
  std::shared_ptr<std::atomic<bool>[]> right_;  // chunks found right before, in this file as it is
  std::vector<bool> known_;                     // right, and in memory since
  std::unique_ptr<std::atomic<std::uint32_t>[]> states_;
  std::atomic<std::uint32_t> left_{0}, next_{0}, checked_{0}, mended_{0};
  std::atomic<bool> stop_{false};
  std::thread reading_;
};

}  // namespace yun::engine
