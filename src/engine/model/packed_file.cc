#include "engine/model/packed_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>
#if defined(__x86_64__)
#include <xxh_x86dispatch.h>  // the widest vectors that run here: memory is then the limit
#endif

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <map>
#include <type_traits>

#include "base/check.h"
#include "base/folder.h"
#include "base/guarded.h"
#include "base/log.h"
#include "engine/kernels/pack.h"

namespace yun::engine {
namespace {

static_assert(std::endian::native == std::endian::little, "the file is little-endian, and mapped");

constexpr char kMagic[8] = {'Y', 'U', 'N', 'P', 'A', 'C', 'K', '\n'};
constexpr std::uint32_t kFormatVersion = 1;
constexpr std::uint32_t kSourcesMax = 4096, kMatricesMax = 1u << 16, kVectorsMax = 1u << 16;
constexpr std::uint32_t kTextBytesMax = 4096;
constexpr std::uint32_t kRowsMax = 1u << 26, kColsMax = 1u << 24;  // a matrix' bytes fit 64 bits
constexpr std::uint64_t kLinesMax = kPackedDataBytesMax / kPackedChunkBytes;
#ifndef MADV_POPULATE_READ
constexpr int MADV_POPULATE_READ = 22;  // Linux 5.14
#endif

/// What a file begins with.
struct Prefix {
  char magic[8];
  std::uint32_t format, packing;
  std::uint64_t header_bytes;  // this included
  std::uint64_t checksum;      // of the header after this
};
static_assert(sizeof(Prefix) == 32);

class Out {
 public:
  template <class T>
  void Put(T value) {
    static_assert(std::is_arithmetic_v<T>);
    bytes_.append(reinterpret_cast<const char*>(&value), sizeof value);
  }
  void Text(const std::string& text) {
    const std::size_t size = std::min<std::size_t>(text.size(), kTextBytesMax);
    Put(static_cast<std::uint32_t>(size));
    bytes_.append(text, 0, size);
  }
  void Raw(const void* data, std::size_t bytes) { bytes_.append(static_cast<const char*>(data), bytes); }
  std::string& bytes() { return bytes_; }

 private:
  std::string bytes_;
};

/// Past the end everything is 0 and ok() false.
class In {
 public:
  explicit In(std::span<const std::byte> bytes) : bytes_(bytes) {}
  template <class T>
  T Get() {
    T value{};
    Raw(&value, sizeof value);
    return value;
  }
  void Raw(void* out, std::size_t bytes) {
    if (bytes > bytes_.size()) ok_ = false;
    if (!ok_) return;
    if (bytes > 0) std::memcpy(out, bytes_.data(), bytes);
    bytes_ = bytes_.subspan(bytes);
  }
  std::string Text() {
    const auto size = Get<std::uint32_t>();
    if (size > kTextBytesMax || size > bytes_.size()) ok_ = false;
    std::string text(ok_ ? size : 0, '\0');
    Raw(text.data(), text.size());
    return text;
  }
  /// How many items follow, each of at least `item_bytes`.
  std::uint64_t Count(std::uint64_t most, std::size_t item_bytes) {
    const auto count = Get<std::uint64_t>();
    if (count > most || count > bytes_.size() / item_bytes) ok_ = false;
    return ok_ ? count : 0;
  }
  bool ok() const { return ok_; }
  bool empty() const { return bytes_.empty(); }

 private:
  std::span<const std::byte> bytes_;
  bool ok_ = true;
};

std::uint64_t RoundUp(std::uint64_t bytes, std::uint64_t to) { return (bytes + to - 1) / to * to; }

bool IsPacking(std::uint8_t value) { return value <= static_cast<std::uint8_t>(kernels::Packing::kQ6K); }

bool IsSound(const PackedHeader::Matrix& m, std::uint64_t from, std::uint64_t data_bytes) {
  using kernels::Packing;
  if (m.rows == 0 || m.rows > kRowsMax || m.cols == 0 || m.cols > kColsMax) return false;
  const bool super = m.packing == Packing::kQ4K || m.packing == Packing::kQ5K || m.packing == Packing::kQ6K;
  const std::uint32_t block = super ? kernels::kSuperCols : kernels::kBlockCols;
  if (kernels::IsQuantised(m.packing) && m.cols % block != 0) return false;
  if (m.bytes != kernels::PackedBytes(kernels::PackedShape(m.packing, m.rows, m.cols))) return false;
  return m.offset % kPackedAlign == 0 && m.offset >= from && m.offset <= data_bytes && m.bytes <= data_bytes - m.offset;
}

/// Closes itself.
struct Descriptor {
  int fd;
  ~Descriptor() {
    if (fd >= 0) ::close(fd);
  }
};

Result<PackedHeader> ReadHeader(int fd, const std::filesystem::path& path) {
  struct stat st = {};
  if (::fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) return Fail(Code::kDisk, "{}: not a regular file", path.string());
  const auto file_bytes = static_cast<std::uint64_t>(st.st_size);
  Prefix prefix = {};
  std::uint64_t wanted = sizeof prefix;
  std::vector<std::byte> bytes;
  for (int pass = 0; pass < 2; ++pass) {  // the prefix, which says how long the header is; then all of it
    bytes.resize(std::min(wanted, file_bytes));
    for (std::size_t done = 0; done < bytes.size();) {
      const ssize_t n = ::pread(fd, bytes.data() + done, bytes.size() - done, static_cast<off_t>(done));
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) return Fail(Code::kDisk, "{}: cannot read: {}", path.string(), n < 0 ? std::strerror(errno) : "cut");
      done += static_cast<std::size_t>(n);
    }
    if (bytes.size() < sizeof prefix) break;
    std::memcpy(&prefix, bytes.data(), sizeof prefix);
    wanted = std::min(prefix.header_bytes, kPackedHeaderBytesMax);
  }
  return ParsePackedHeader(bytes, file_bytes, path.string());
}

/// A file as it was at some time: another one, or written to since, is another.
struct FileState {
  dev_t device = 0;
  ino_t inode = 0;
  std::int64_t modified_ns = 0, changed_ns = 0;
  auto operator<=>(const FileState&) const = default;
};
FileState StateOf(const struct stat& st) {
  return {st.st_dev, st.st_ino, Nanoseconds(st.st_mtim), Nanoseconds(st.st_ctim)};
}

/// Which chunks of the file this process has found right before. touch: the file's time becomes now.
std::shared_ptr<std::atomic<bool>[]> FoundRight(int fd, const struct stat& st, std::uint32_t chunks, bool touch) {
  using Right = std::shared_ptr<std::atomic<bool>[]>;
  constexpr std::size_t kFilesMax = 4096;
  static Guarded<std::map<FileState, Right>> files;
  const FileState before = StateOf(st);
  return files.With([&](std::map<FileState, Right>& known) {
    Right right;
    if (const auto found = known.find(before); found != known.end()) {
      right = std::move(found->second);
      known.erase(found);
    } else {
      right = Right(new std::atomic<bool>[chunks]());
    }
    std::erase_if(known, [&](const auto& file) {  // as it was before
      return file.first.device == before.device && file.first.inode == before.inode;
    });
    if (known.size() >= kFilesMax) known.clear();
    struct stat after = st;
    const timespec now[2] = {{0, UTIME_NOW}, {0, UTIME_NOW}};
    if (touch && (::futimens(fd, now) != 0 || ::fstat(fd, &after) != 0)) return right;
    known[StateOf(after)] = right;
    return right;
  });
}

/// Whether the system has all of it in memory.
bool IsInMemory(void* at, std::uint64_t bytes) {
  const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  std::vector<unsigned char> pages((bytes + page - 1) / page);
  return ::mincore(at, bytes, pages.data()) == 0 &&
         std::ranges::all_of(pages, [](unsigned char there) { return (there & 1) != 0; });
}

Result<int> OpenToRead(const std::filesystem::path& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (fd < 0)
    return Fail(errno == ENOENT ? Code::kNotFound : Code::kDisk, "{}: {}", path.string(), std::strerror(errno));
  return fd;
}

}  // namespace

std::uint64_t PackedChecksum(const void* data, std::size_t bytes) { return XXH3_64bits(data, bytes); }

std::uint64_t FingerprintOf(const PackedHeader& header) {
  Out out;
  out.Put(kFormatVersion);
  out.Put(kernels::kPackingVersion);
  out.Put(static_cast<std::uint8_t>(header.f32));
  for (const PackedHeader::Source& source : header.sources) {
    out.Put(source.bytes);
    out.Put(source.modified_ns);
    out.Put(source.changed_ns);
  }
  for (const PackedHeader::Matrix& m : header.matrices) {
    out.Text(m.name);
    out.Put(static_cast<std::uint8_t>(m.packing));
    for (const std::uint32_t value : {m.rows, m.cols, m.interleaved_head_dim}) out.Put(value);
  }
  for (const PackedHeader::Vector& vector : header.vectors) {
    out.Text(vector.name);
    out.Put(static_cast<std::uint64_t>(vector.values.size()));
  }
  return PackedChecksum(out.bytes().data(), out.bytes().size());
}

std::uint64_t PackedDataOffset(std::uint64_t header_bytes) { return RoundUp(header_bytes, kPackedChunkBytes); }

std::string SerializePackedHeader(const PackedHeader& header) {
  Out out;
  Prefix prefix = {{}, kFormatVersion, kernels::kPackingVersion, 0, 0};
  std::memcpy(prefix.magic, kMagic, sizeof kMagic);
  out.Raw(&prefix, sizeof prefix);
  out.Text(header.model);
  out.Put(static_cast<std::uint8_t>(header.f32));
  out.Put(header.data_bytes);
  out.Put(static_cast<std::uint64_t>(header.sources.size()));
  for (const PackedHeader::Source& source : header.sources) {
    out.Text(source.path);
    out.Put(source.bytes);
    out.Put(source.modified_ns);
    out.Put(source.changed_ns);
  }
  out.Put(static_cast<std::uint64_t>(header.matrices.size()));
  for (const PackedHeader::Matrix& m : header.matrices) {
    out.Text(m.name);
    out.Put(static_cast<std::uint8_t>(m.packing));
    for (const std::uint32_t value : {m.rows, m.cols, m.interleaved_head_dim}) out.Put(value);
    out.Put(m.offset);
    out.Put(m.bytes);
  }
  out.Put(static_cast<std::uint64_t>(header.vectors.size()));
  for (const PackedHeader::Vector& vector : header.vectors) {
    out.Text(vector.name);
    out.Put(static_cast<std::uint64_t>(vector.values.size()));
    out.Raw(vector.values.data(), vector.values.size() * sizeof(float));
  }
  out.Put(static_cast<std::uint64_t>(header.checksums.size()));
  for (const std::uint64_t checksum : header.checksums) out.Put(checksum);
  std::string bytes = std::move(out.bytes());
  prefix.header_bytes = bytes.size();
  prefix.checksum = PackedChecksum(bytes.data() + sizeof prefix, bytes.size() - sizeof prefix);
  std::memcpy(bytes.data(), &prefix, sizeof prefix);
  return bytes;
}

Result<PackedHeader> ParsePackedHeader(std::span<const std::byte> bytes, std::uint64_t file_bytes,
                                       std::string_view where) {
  const auto corrupt = [&](const char* what) { return Fail(Code::kCorrupt, "{}: {}", where, what); };
  Prefix prefix = {};
  if (bytes.size() < sizeof prefix) return corrupt("too short for a packed model");
  std::memcpy(&prefix, bytes.data(), sizeof prefix);
  if (std::memcmp(prefix.magic, kMagic, sizeof kMagic) != 0) return corrupt("not a packed model");
  if (prefix.format != kFormatVersion || prefix.packing != kernels::kPackingVersion)
    return Fail(Code::kUnsupported, "{}: of version {}.{}, not {}.{}", where, prefix.format, prefix.packing,
                kFormatVersion, kernels::kPackingVersion);
  if (prefix.header_bytes < sizeof prefix || prefix.header_bytes > kPackedHeaderBytesMax ||
      prefix.header_bytes > bytes.size())
    return corrupt("the header is cut off");
  const auto rest = bytes.first(prefix.header_bytes).subspan(sizeof prefix);
  if (PackedChecksum(rest.data(), rest.size()) != prefix.checksum) return corrupt("the header's checksum is wrong");

  PackedHeader header;
  In in(rest);
  header.model = in.Text();
  header.f32 = in.Get<std::uint8_t>() != 0;
  header.data_bytes = in.Get<std::uint64_t>();
  header.sources.resize(in.Count(kSourcesMax, 28));
  for (PackedHeader::Source& source : header.sources) {
    source.path = in.Text();
    source.bytes = in.Get<std::uint64_t>();
    source.modified_ns = in.Get<std::int64_t>();
    source.changed_ns = in.Get<std::int64_t>();
  }
  header.matrices.resize(in.Count(kMatricesMax, 33));
  std::uint64_t end = 0;
  for (PackedHeader::Matrix& m : header.matrices) {
    m.name = in.Text();
    const auto packing = in.Get<std::uint8_t>();
    for (std::uint32_t* value : {&m.rows, &m.cols, &m.interleaved_head_dim}) *value = in.Get<std::uint32_t>();
    m.offset = in.Get<std::uint64_t>();
    m.bytes = in.Get<std::uint64_t>();
    if (!in.ok()) return corrupt("the table of matrices is cut off");
    if (!IsPacking(packing)) return corrupt("a matrix has an unknown packing");
    m.packing = static_cast<kernels::Packing>(packing);
    if (header.data_bytes > kPackedDataBytesMax || !IsSound(m, end, header.data_bytes))
      return corrupt("a matrix does not lie in the data");
    end = m.offset + m.bytes;
  }
  header.vectors.resize(in.Count(kVectorsMax, 12));
  for (PackedHeader::Vector& vector : header.vectors) {
    vector.name = in.Text();
    vector.values.resize(in.Count(kPackedHeaderBytesMax, sizeof(float)));
    in.Raw(vector.values.data(), vector.values.size() * sizeof(float));
  }
  header.checksums.resize(in.Count(kLinesMax, sizeof(std::uint64_t)));
  for (std::uint64_t& checksum : header.checksums) checksum = in.Get<std::uint64_t>();
  if (!in.ok() || !in.empty()) return corrupt("the header is cut off");
  if (header.data_bytes == 0 || header.data_bytes > kPackedDataBytesMax || header.data_bytes % kPackedAlign != 0 ||
      header.checksums.size() != RoundUp(header.data_bytes, kPackedChunkBytes) / kPackedChunkBytes)
    return corrupt("the checksums do not cover the data");
  if (file_bytes != PackedDataOffset(prefix.header_bytes) + header.data_bytes)
    return corrupt("the file is not as long as its header says");
  return header;
}

Result<PackedHeader> ReadPackedHeader(const std::filesystem::path& path) {
  ASSIGN_OR_RETURN(const int fd, OpenToRead(path));
  const Descriptor file{fd};
  return ReadHeader(fd, path);
}

Result<std::unique_ptr<PackedFile>> PackedFile::Open(const std::filesystem::path& path, PackedHeader& expected,
                                                     Mend mend, bool touch) {
  ASSIGN_OR_RETURN(const int fd, OpenToRead(path));
  const Descriptor closed{fd};
  ASSIGN_OR_RETURN(PackedHeader header, ReadHeader(fd, path));
  const auto other = [&] { return Fail(Code::kNotFound, "{}: made of another model", path.string()); };
  if (FingerprintOf(header) != FingerprintOf(expected) || header.data_bytes != expected.data_bytes ||
      header.matrices != expected.matrices || header.vectors.size() != expected.vectors.size())
    return other();
  for (std::size_t i = 0; i < header.vectors.size(); ++i)
    if (header.vectors[i].values.size() != expected.vectors[i].values.size() ||
        header.vectors[i].name != expected.vectors[i].name)
      return other();

  auto file = std::unique_ptr<PackedFile>(new PackedFile);
  file->path_ = path;
  file->mend_ = std::move(mend);
  file->bytes_ = header.data_bytes;
  file->reserved_bytes_ = RoundUp(header.data_bytes, kPackedChunkBytes) + kPackedChunkBytes;
  constexpr int kReserve = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
  void* reserved = ::mmap(nullptr, file->reserved_bytes_, PROT_NONE, kReserve, -1, 0);
  if (reserved == MAP_FAILED) return Fail(Code::kNoMemory, "no room for {} MiB of weights", header.data_bytes >> 20);
  file->reserved_ = reserved;
  auto* data = reinterpret_cast<std::uint8_t*>(RoundUp(reinterpret_cast<std::uintptr_t>(reserved), kPackedChunkBytes));
  struct stat st = {};
  if (::fstat(fd, &st) != 0 || static_cast<std::uint64_t>(st.st_size) < header.data_bytes)
    return Fail(Code::kCorrupt, "{}: cut off", path.string());
  const auto offset = static_cast<off_t>(static_cast<std::uint64_t>(st.st_size) - header.data_bytes);
  if (::mmap(data, header.data_bytes, PROT_READ, MAP_SHARED | MAP_FIXED, fd, offset) == MAP_FAILED)
    return Fail(Code::kNoMemory, "{}: cannot map: {}", path.string(), std::strerror(errno));
  // Where the file system keeps large folios, they are read, and mapped, as huge pages.
  static_cast<void>(::madvise(data, header.data_bytes, MADV_HUGEPAGE));
  file->data_ = data;
  file->guard_ = CutGuard(data, header.data_bytes);
  file->checksums_ = std::move(header.checksums);
  const auto chunks = static_cast<std::uint32_t>(file->checksums_.size());
  file->right_ = FoundRight(fd, st, chunks, touch);
  file->known_.resize(chunks);
  for (std::uint64_t i = 0; i < chunks; ++i) {  // asked before a first reader brings more there than its own chunk
    const std::uint64_t at = i * kPackedChunkBytes, bytes = std::min(kPackedChunkBytes, header.data_bytes - at);
    file->known_[i] = file->right_[i] && IsInMemory(data + at, bytes);
  }
  file->states_ = std::make_unique<std::atomic<std::uint32_t>[]>(chunks);  // zeros: kUntouched
  file->left_ = chunks;
  for (std::size_t i = 0; i < header.vectors.size(); ++i)
    expected.vectors[i].values = std::move(header.vectors[i].values);
  return file;
}

PackedFile::~PackedFile() {
  stop_ = true;
  WaitRead();
  guard_ = {};
  if (reserved_) ::munmap(reserved_, reserved_bytes_);
}

bool PackedFile::LiesInHugePages() const {
  // source: proc_pid_smaps(5)
  std::ifstream smaps("/proc/self/smaps");
  const auto first = reinterpret_cast<std::uintptr_t>(data_);
  std::uint64_t huge = 0;
  bool own = false;
  for (std::string line; std::getline(smaps, line);) {
    unsigned long begin = 0, end = 0, kib = 0;
    if (std::sscanf(line.c_str(), "%lx-%lx ", &begin, &end) == 2)
      own = begin >= first && end <= first + reserved_bytes_;
    else if (own && std::sscanf(line.c_str(), "FilePmdMapped: %lu kB", &kib) == 1) huge += std::uint64_t{kib} << 10;
  }
  return 2 * huge >= bytes_;
}

void PackedFile::StartReading(int threads, std::function<void(const std::atomic<bool>&)> after) {
  reading_ = std::thread([this, threads, after = std::move(after)] {
    std::vector<std::thread> readers;
    for (int i = 1; i < std::clamp(threads, kReadersMin, kReadersMax); ++i) readers.emplace_back([this] { ReadAll(); });
    ReadAll();
    for (std::thread& reader : readers) reader.join();
    for (std::uint32_t i = 0; i < checksums_.size() && !stop_; ++i) Read(i);  // those that somebody else still reads
    if (!stop_ && after) after(stop_);
  });
}

void PackedFile::WaitRead() {
  if (reading_.joinable()) reading_.join();
}

void PackedFile::ReadAll() {
  for (std::uint32_t i; !stop_ && (i = next_.fetch_add(1)) < checksums_.size();)
    if (states_[i].load(std::memory_order_relaxed) == kUntouched) Read(i);
}

void PackedFile::Need(const std::uint8_t* begin, std::uint64_t bytes, ThreadPool& pool) {
  if (complete() || bytes == 0) return;
  const std::uint64_t at = static_cast<std::uint64_t>(begin - data_), end = at + bytes - 1;
  const auto first = static_cast<std::uint32_t>(at / kPackedChunkBytes);
  const auto last = static_cast<std::uint32_t>(end / kPackedChunkBytes);
  std::uint32_t ready = first;
  while (ready <= last && states_[ready].load(std::memory_order_acquire) == kReady) ++ready;
  if (ready > last) return;
  pool.ParallelFor(last - ready + 1, [&](std::uint32_t i, int) { Read(ready + i); });
}

void PackedFile::Need(const std::uint8_t* begin, std::uint64_t bytes) {
  if (complete() || bytes == 0) return;
  const std::uint64_t at = static_cast<std::uint64_t>(begin - data_), end = at + bytes - 1;
  for (std::uint64_t i = at / kPackedChunkBytes; i <= end / kPackedChunkBytes; ++i) Read(static_cast<std::uint32_t>(i));
}

void PackedFile::Read(std::uint32_t chunk) {
  std::atomic<std::uint32_t>& state = states_[chunk];
  std::uint32_t seen = kUntouched;
  if (state.compare_exchange_strong(seen, kReading, std::memory_order_acquire)) {
    ReadChunk(chunk);
    state.store(kReady, std::memory_order_release);
    state.notify_all();
    left_.fetch_sub(1, std::memory_order_acq_rel);
    return;
  }
  while (seen != kReady) {
    state.wait(seen, std::memory_order_acquire);
    seen = state.load(std::memory_order_acquire);
  }
}

void PackedFile::ReadChunk(std::uint32_t chunk) {
  const std::uint64_t offset = chunk * kPackedChunkBytes;
  const std::uint64_t bytes = std::min(kPackedChunkBytes, bytes_ - offset);
  std::uint8_t* at = data_ + offset;
  // A page that cannot be read is an error here, and would be the end of the process when it is touched.
  // EINVAL: a system that knows no such call.
  const bool there = ::madvise(at, bytes, MADV_POPULATE_READ) == 0 || errno == EINVAL;
  if (there && known_[chunk]) return;
  ++checked_;
  if (there && PackedChecksum(at, bytes) == checksums_[chunk]) {
    right_[chunk] = true;
    return;
  }
  if (mended_.fetch_add(1) == 0)
    log::warn("{}: damaged at byte {} of its data; what is wrong is taken from the model's own file", path_.string(),
              offset);
  std::vector<std::uint8_t> right(bytes);
  mend_(offset, right);
  if (PackedChecksum(right.data(), bytes) != checksums_[chunk]) {  // the model's own file is another, too
    sound_.store(false, std::memory_order_release);
    std::error_code ec;
    std::filesystem::remove(path_, ec);
  }
  right_[chunk] = false;
  // Nobody reads this chunk before it is ready: the mapping may be another one then.
  void* fresh = ::mmap(at, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
  CHECK(fresh != MAP_FAILED);
  std::memcpy(fresh, right.data(), bytes);
}

}  // namespace yun::engine
