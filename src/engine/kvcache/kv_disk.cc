#include "engine/kvcache/kv_disk.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>

#include "base/check.h"
#include "base/folder.h"
#include "base/log.h"
#include "base/steady.h"
#include "cipher/key_file.h"
#include "engine/kvcache/block_pool.h"

namespace yun::engine {
namespace {
namespace fs = std::filesystem;

constexpr std::string_view kSuffix = ".kv";
constexpr char kSecretFile[] = "secret", kLockFile[] = "lock";
constexpr double kTouchSeconds = 60;  // between two notes in the file system that a segment is used
constexpr double kNewShare = 0.2;     // of a measurement in an average
// The rest of the disk is for others, the database first of all.
constexpr std::uint64_t kFreeBytesMin = std::uint64_t{1} << 30;
constexpr std::uint64_t kFreeShareMin = 20;  // or that part of a small disk

std::string_view Bytes(const auto& array) { return {reinterpret_cast<const char*>(array.data()), array.size()}; }

KvKey Hash(const cipher::Key& secret, std::string_view message) {
  const cipher::Key hash = cipher::Derive(secret, message);
  KvKey key;
  std::copy_n(hash.Reveal().begin(), key.size(), key.begin());
  return key;
}

cipher::Nonce NonceOf(std::uint32_t slot) {
  cipher::Nonce nonce{};  // the key is a segment's own, and a slot is written once
  std::memcpy(nonce.data(), &slot, sizeof slot);
  return nonce;
}

cipher::Key KeyOf(const cipher::Key& key, const KvSegment& head) {
  return cipher::Derive(key, "yun kv segment " + std::string(Bytes(head.id)));
}

struct Descriptor {
  int fd = -1;
  explicit Descriptor(int opened) : fd(opened) {}
  ~Descriptor() {
    if (fd >= 0) ::close(fd);
  }
  Descriptor(const Descriptor&) = delete;
};

int OpenToRead(const fs::path& path) { return ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW); }

bool ReadAt(int fd, void* out, std::uint64_t bytes, std::uint64_t offset) {
  auto* to = static_cast<char*>(out);
  while (bytes > 0) {
    const ssize_t n = ::pread(fd, to, bytes, static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    to += n, offset += static_cast<std::uint64_t>(n), bytes -= static_cast<std::uint64_t>(n);
  }
  return true;
}

Status WriteAt(int fd, const void* data, std::uint64_t bytes, std::uint64_t offset, const fs::path& path) {
  const auto* from = static_cast<const char*>(data);
  while (bytes > 0) {
    const ssize_t n = ::pwrite(fd, from, bytes, static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0)
      return Fail(Code::kDisk, "{}: cannot write: {}", path.string(), std::strerror(n < 0 ? errno : ENOSPC));
    from += n, offset += static_cast<std::uint64_t>(n), bytes -= static_cast<std::uint64_t>(n);
  }
  return {};
}

std::uint32_t SlotsOf(std::uint64_t bytes_max, std::uint64_t stride) {
  const std::uint64_t bytes = std::clamp(bytes_max / kKvSegmentsOfBound, kKvSegmentBytesMin, kKvSegmentBytesMax);
  return static_cast<std::uint32_t>(std::clamp<std::uint64_t>(bytes / stride, 1, kKvSlotsMax));
}

/// errors: kDisk
Status CheckFree(const fs::path& folder) {
  std::error_code ec;
  const fs::space_info space = fs::space(folder, ec);
  if (!ec && space.available < std::min(kFreeBytesMin, space.capacity / kFreeShareMin))
    return Fail(Code::kDisk, "{}: only {} MiB of the disk are free", folder.string(), space.available >> 20);
  return {};
}

std::vector<fs::path> FoldersIn(const fs::path& folder) {
  std::vector<fs::path> found;
  std::error_code ec;
  for (const auto& entry : fs::directory_iterator(folder, ec))
    if (entry.is_directory(ec) && !entry.is_symlink(ec)) found.push_back(entry.path());
  return found;
}

/// Page 0 and the table's right entries. errors: kDisk, as ParseKvSegment
Result<std::pair<KvSegment, std::vector<KvEntry>>> ReadHead(const fs::path& path) {
  const Descriptor file(OpenToRead(path));
  struct stat st = {};
  if (file.fd < 0 || ::fstat(file.fd, &st) != 0)
    return Fail(Code::kDisk, "{}: cannot open: {}", path.string(), std::strerror(errno));
  std::vector<std::byte> page(kKvPageBytes);
  if (!ReadAt(file.fd, page.data(), page.size(), 0))
    return Fail(Code::kCorrupt, "{}: too short for cached keys and values", path.string());
  ASSIGN_OR_RETURN(KvSegment head, ParseKvSegment(page, path.string()));
  const auto file_bytes = static_cast<std::uint64_t>(st.st_size);
  std::vector<std::byte> table(std::min(head.table_bytes(), file_bytes - kKvPageBytes));
  if (!ReadAt(file.fd, table.data(), table.size(), kKvPageBytes)) table.clear();
  auto entries = ParseKvTable(head, table, file_bytes);
  return std::pair(std::move(head), std::move(entries));
}

/// The folder's lock, which the system takes back from whoever is killed.
Result<int> LockFolder(const fs::path& folder) {
  const fs::path path = folder / kLockFile;
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) return Fail(Code::kDisk, "{}: cannot open: {}", path.string(), std::strerror(errno));
  if (::flock(fd, LOCK_EX | LOCK_NB) == 0) return fd;
  ::close(fd);
  return Fail(Code::kUnavailable, "{}: another server uses it", folder.string());
}

}  // namespace

std::size_t KvDisk::KeyHash::operator()(const KvKey& key) const {
  std::size_t hash;  // the key is a keyed hash itself
  std::memcpy(&hash, key.data(), sizeof hash);
  return hash;
}

// ---- making one

Result<std::shared_ptr<KvDisk>> KvDisk::Open(KvDiskOptions options) {
  std::shared_ptr<KvDisk> disk(new KvDisk(std::move(options)));
  const KvDiskOptions& o = disk->options_;
  std::error_code ec;
  fs::create_directories(o.folder, ec);
  if (ec) return Fail(Code::kDisk, "{}: cannot create: {}", o.folder.string(), ec.message());
  fs::permissions(o.folder, fs::perms::owner_all, ec);
  ASSIGN_OR_RETURN(disk->lock_fd_, LockFolder(o.folder));
  if (o.key) {
    disk->names_ = cipher::Derive(*o.key, "yun kv names");
  } else {
    auto secrets = cipher::ReadKeyFile(o.folder / kSecretFile, true);
    if (!secrets && secrets.error().code != Code::kDisk && fs::remove(o.folder / kSecretFile, ec))
      secrets = cipher::ReadKeyFile(o.folder / kSecretFile, true);  // what was kept under another is of no use any more
    if (!secrets) return tl::unexpected<Error>(std::move(secrets.error()));
    disk->names_ = secrets->back();
  }
  constexpr int kHow = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
  void* ring = ::mmap(nullptr, o.staging_bytes, PROT_READ | PROT_WRITE, kHow, -1, 0);
  if (ring == MAP_FAILED) return Fail(Code::kNoMemory, "no memory for {} MiB of staged blocks", o.staging_bytes >> 20);
  disk->ring_ = static_cast<std::uint8_t*>(ring);
  disk->Scan();
  disk->writer_ = std::thread([own = disk.get()] { own->Write(); });
  disk->reader_ = std::thread([own = disk.get()] { own->Read(); });
  return disk;
}

KvDisk::~KvDisk() {
  if (writer_.joinable()) Flush(options_.flush_seconds);
  {
    std::lock_guard lock(mutex_);
    stop_ = true;
  }
  staged_.notify_all();
  wanted_.notify_all();
  if (writer_.joinable()) writer_.join();
  if (reader_.joinable()) reader_.join();
  for (const auto& [store, open] : open_) ::close(open.fd);
  if (ring_) ::munmap(ring_, options_.staging_bytes);
  if (lock_fd_ >= 0) ::close(lock_fd_);
}

void KvDisk::Scan() {
  std::vector<FolderFile> found;
  for (const fs::path& folder : FoldersIn(options_.folder))
    std::ranges::move(FilesIn(folder, kSuffix), std::back_inserter(found));
  std::ranges::sort(found, std::less(), &FolderFile::modified_ns);
  for (FolderFile& file : found) {
    Segment& segment = segments_[++last_segment_];
    segment.path = std::move(file.path);
    segment.bytes = file.bytes;
    segment.used = ++uses_;
    bytes_ += file.bytes;
  }
}

Result<KvDisk::StoreId> KvDisk::Join(std::string_view what, std::string_view model, std::uint64_t block_bytes) {
  KvSegment least;
  least.block_bytes = block_bytes;
  least.slots = 1;
  if (block_bytes > kKvBlockBytesMax || least.SlotOffset(1) > options_.bytes_max ||
      2 * block_bytes > options_.staging_bytes)
    return Fail(Code::kTooLarge, "{}: a block of {} bytes is too large for the disk tier of {} bytes", model,
                block_bytes, options_.bytes_max);
  StoreId id = 0;
  {
    std::lock_guard lock(mutex_);
    Store store;
    store.id = Hash(names_, fmt::format("yun kv store {} {} {}", block_bytes, model, what));
    store.name = cipher::Hex(store.id);
    store.model = model;
    store.block_bytes = block_bytes;
    const auto known = std::ranges::find(stores_, store.id, &Store::id);
    if (known != stores_.end()) return static_cast<StoreId>(known - stores_.begin());
    id = static_cast<StoreId>(stores_.size());
    stores_.push_back(std::move(store));
  }
  LoadIndex(id);
  return id;
}

void KvDisk::LoadIndex(StoreId id) {
  std::vector<std::pair<std::uint64_t, fs::path>> files;
  {
    std::lock_guard lock(mutex_);
    for (const auto& [number, segment] : segments_)
      if (!segment.store && segment.path.parent_path().filename() == stores_[id].name)
        files.emplace_back(number, segment.path);
  }
  for (const auto& [number, path] : files) {
    auto read = ReadHead(path);
    std::lock_guard lock(mutex_);
    const auto found = segments_.find(number);
    if (found == segments_.end()) continue;
    Store& store = stores_[id];
    if (!read || read->first.store != store.id || read->first.block_bytes != store.block_bytes ||
        read->first.sealed != options_.key.has_value()) {
      std::error_code ec;
      fs::remove(Drop(number), ec);
      ++store.stats.damaged;
      continue;
    }
    Segment& segment = found->second;
    segment.store = id;
    segment.head = std::move(read->first);
    if (options_.key) segment.key = KeyOf(*options_.key, segment.head);
    store.stats.bytes += segment.bytes;
    for (const KvEntry& entry : read->second) {
      if (!store.index.try_emplace(entry.key, Place{number, entry.slot, entry.tag}).second) continue;
      segment.keys.push_back(entry.key);
      ++store.stats.blocks;
    }
  }
}

// ---- keys

KvKey KvDisk::RootKey(StoreId store, std::uint64_t salt) const {
  std::string message = "yun kv root ";
  {
    std::lock_guard lock(mutex_);
    message += Bytes(stores_[store].id);
  }
  message.append(reinterpret_cast<const char*>(&salt), sizeof salt);
  return Hash(names_, message);
}

KvKey KvDisk::NextKey(const KvKey& before, std::span<const std::int32_t> tokens) const {
  CHECK(tokens.size() == kBlockTokens);
  std::string message(Bytes(before));
  message.append(reinterpret_cast<const char*>(tokens.data()), tokens.size_bytes());
  return Hash(names_, message);
}

// ---- what engines ask for

std::optional<std::uint64_t> KvDisk::Reserve(std::uint64_t bytes, std::uint64_t& end) {
  if (items_.empty()) ring_head_ = ring_tail_ = 0;
  std::uint64_t begin = ring_head_;
  const std::uint64_t size = options_.staging_bytes;
  if (begin % size + bytes > size) begin += size - begin % size;  // a block lies in one piece
  if (begin + bytes - ring_tail_ > size) return {};
  end = ring_head_ = begin + bytes;
  return begin;
}

bool KvDisk::Put(StoreId id, const KvKey& key, const unsigned char* block) {
  std::uint64_t bytes = 0, begin = 0;
  Staged* item = nullptr;
  {
    std::lock_guard lock(mutex_);
    Store& store = stores_[id];
    if (store.index.contains(key)) return true;
    if (SteadySeconds() < paused_until_) return false;
    bytes = store.block_bytes;
    std::uint64_t end = 0;
    const auto place = Reserve(bytes, end);
    if (!place) return false;
    begin = *place;
    store.index.emplace(key, Place{});
    items_.push_back({id, key, begin, end, false});
    item = &items_.back();  // stays where it is: others are added behind and taken in front
  }
  std::memcpy(ring_ + begin % options_.staging_bytes, block, bytes);
  {
    std::lock_guard lock(mutex_);
    item->ready = true;
  }
  staged_.notify_one();
  return true;
}

std::uint32_t KvDisk::Find(StoreId id, std::span<const KvKey> keys) const {
  std::lock_guard lock(mutex_);
  const auto& index = stores_[id].index;
  std::uint32_t found = 0;
  for (const KvKey& key : keys) {
    const auto place = index.find(key);
    if (place == index.end() || place->second.segment == 0) break;
    ++found;
  }
  return found;
}

void KvDisk::Start(std::shared_ptr<KvRead> read) {
  CHECK(read->keys.size() == read->out.size());
  {
    std::lock_guard lock(mutex_);
    reads_.push_back(std::move(read));
  }
  wanted_.notify_one();
}

void KvDisk::Cancel(const std::shared_ptr<KvRead>& read) {
  read->cancelled = true;
  std::unique_lock lock(mutex_);
  std::erase(reads_, read);
  idle_.wait(lock, [&] { return reading_ != read; });
}

double KvDisk::ReadSeconds(std::uint64_t bytes) const {
  std::lock_guard lock(mutex_);
  return seconds_per_byte_ * static_cast<double>(bytes);
}

KvDiskStats KvDisk::Stats(StoreId id) const {
  std::lock_guard lock(mutex_);
  return stores_[id].stats;
}

void KvDisk::CountLookup(StoreId id, std::uint64_t hits, std::uint64_t misses) {
  std::lock_guard lock(mutex_);
  stores_[id].stats.hits += hits;
  stores_[id].stats.misses += misses;
}

void KvDisk::CountSkipped(StoreId id, std::uint64_t blocks) {
  std::lock_guard lock(mutex_);
  stores_[id].stats.skipped += blocks;
}

bool KvDisk::Flush(double seconds) {
  std::unique_lock lock(mutex_);
  return written_.wait_for(lock, std::chrono::duration<double>(seconds), [&] { return items_.empty(); });
}

// ---- the writer thread

void KvDisk::Write() {
  std::unique_lock lock(mutex_);
  while (true) {
    staged_.wait(lock, [&] { return stop_ || (!items_.empty() && items_.front().ready); });
    if (stop_) return;
    const Staged item = items_.front();
    Status written;
    const bool paused = SteadySeconds() < paused_until_;
    if (!paused) written = WriteOne(lock, item);
    Store& store = stores_[item.store];
    if (paused || !written) {
      store.index.erase(item.key);
      ++store.stats.skipped;
    }
    if (!written) {
      ++store.stats.write_errors;
      CloseOpen(item.store);
      paused_until_ = SteadySeconds() + options_.retry_seconds;
      if (!std::exchange(failing_, true))
        log::warn("cached keys and values are not written to disk for now, which is tried again every {:.0f} s: {}",
                  options_.retry_seconds, written.error().message);
    } else if (!paused && std::exchange(failing_, false)) {
      log::info("cached keys and values are written to disk again");
    }
    ring_tail_ = item.end;
    items_.pop_front();
    if (items_.empty()) written_.notify_all();
  }
}

Status KvDisk::WriteOne(std::unique_lock<std::mutex>& lock, const Staged& item) {
  ASSIGN_OR_RETURN(OpenSegment* const open, SegmentFor(lock, item.store));
  Segment& segment = segments_.at(open->number);  // only this thread drops what has a store
  const KvSegment head = segment.head;
  const std::optional<cipher::Key> key = segment.key;
  const fs::path path = segment.path;
  KvEntry entry{open->next, item.key, {}};
  unsigned char* const block = ring_ + item.begin % options_.staging_bytes;
  lock.unlock();
  const std::span<const unsigned char> bytes(block, head.block_bytes);
  entry.tag = key ? cipher::Seal(*key, NonceOf(entry.slot), Bytes(entry.key), bytes, block)
                  : KvChecksum(entry.key, bytes);
  Status written = WriteAt(open->fd, block, head.block_bytes, head.SlotOffset(entry.slot), path);
  const KvEntryBytes entry_bytes = SerializeKvEntry(head, entry);
  if (written)
    written = WriteAt(open->fd, entry_bytes.data(), entry_bytes.size(), KvSegment::EntryOffset(entry.slot), path);
  lock.lock();
  RETURN_IF_ERROR(written);
  ++open->next;
  const std::uint64_t end = head.SlotOffset(entry.slot) + head.block_bytes, more = end - segment.bytes;
  segment.bytes = end;
  segment.used = ++uses_;
  segment.keys.push_back(item.key);
  bytes_ += more;
  Store& store = stores_[item.store];
  store.index[item.key] = {open->number, entry.slot, entry.tag};
  store.stats.bytes += more;
  ++store.stats.blocks;
  ++store.stats.written;
  return {};
}

Result<KvDisk::OpenSegment*> KvDisk::SegmentFor(std::unique_lock<std::mutex>& lock, StoreId id) {
  while (true) {
    auto open = open_.find(id);
    if (open != open_.end() && open->second.next == segments_.at(open->second.number).head.slots) {
      CloseOpen(id);
      open = open_.end();
    }
    KvSegment least;
    least.block_bytes = stores_[id].block_bytes;
    least.slots = SlotsOf(options_.bytes_max, least.stride());
    const bool has = open != open_.end();
    const std::uint64_t need = has ? least.stride() : least.SlotOffset(1);
    if (bytes_ + need <= options_.bytes_max && (has || segments_.size() < kKvSegmentsMax)) {
      if (!has) RETURN_IF_ERROR(CreateSegment(lock, id));
      return &open_.at(id);
    }
    // What was used longest ago goes; the one being written only where there is no other.
    const std::uint64_t own = has ? open->second.number : 0;
    std::uint64_t oldest = own;
    for (const auto& [number, segment] : segments_)
      if (number != own && (oldest == own || segment.used < segments_.at(oldest).used)) oldest = number;
    if (oldest == 0) return Fail(Code::kTooLarge, "{}: no room within the bound", options_.folder.string());
    const fs::path path = Drop(oldest);
    lock.unlock();
    const bool removed = ::unlink(path.c_str()) == 0 || errno == ENOENT;
    const int error = errno;
    lock.lock();
    if (!removed) return Fail(Code::kDisk, "{}: cannot remove: {}", path.string(), std::strerror(error));
  }
}

Status KvDisk::CreateSegment(std::unique_lock<std::mutex>& lock, StoreId id) {
  KvSegment head;
  const Store& store = stores_[id];
  cipher::Random(head.id);
  head.store = store.id;
  head.block_bytes = store.block_bytes;
  head.sealed = options_.key.has_value();
  head.model = store.model;
  head.slots = SlotsOf(options_.bytes_max, head.stride());
  const fs::path folder = options_.folder / store.name, path = folder / (cipher::Hex(head.id) + std::string(kSuffix));
  lock.unlock();
  std::error_code ec;
  fs::create_directory(folder, ec);
  const std::string page = SerializeKvSegment(head);
  Status written = CheckFree(options_.folder);
  const int fd = written ? ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600) : -1;
  if (written && fd < 0) written = Fail(Code::kDisk, "{}: cannot create: {}", path.string(), std::strerror(errno));
  if (fd >= 0) written = WriteAt(fd, page.data(), page.size(), 0, path);
  if (fd >= 0 && !written) {
    ::close(fd);
    ::unlink(path.c_str());
  }
  lock.lock();
  RETURN_IF_ERROR(written);
  const std::uint64_t number = ++last_segment_;
  Segment& segment = segments_[number];
  segment.path = path;
  segment.bytes = page.size();
  segment.used = ++uses_;
  segment.store = id;
  if (options_.key) segment.key = KeyOf(*options_.key, head);
  segment.head = std::move(head);
  bytes_ += segment.bytes;
  stores_[id].stats.bytes += segment.bytes;
  open_[id] = {number, 0, fd};
  return {};
}

void KvDisk::CloseOpen(StoreId id) {
  const auto open = open_.find(id);
  if (open == open_.end()) return;
  if (open->second.next == 0) {
    std::error_code ec;
    fs::remove(Drop(open->second.number), ec);
    return;
  }
  // What a write that failed has left behind the last whole block does not count, and so is taken away.
  static_cast<void>(::ftruncate(open->second.fd, static_cast<off_t>(segments_.at(open->second.number).bytes)) == 0);
  ::close(open->second.fd);
  open_.erase(open);
}

fs::path KvDisk::Drop(std::uint64_t number) {
  const auto found = segments_.find(number);
  CHECK(found != segments_.end());
  Segment& segment = found->second;
  bytes_ -= segment.bytes;
  if (segment.store) {
    Store& store = stores_[*segment.store];
    store.stats.bytes -= segment.bytes;
    for (const KvKey& key : segment.keys) {
      const auto place = store.index.find(key);
      if (place == store.index.end() || place->second.segment != number) continue;
      store.index.erase(place);
      --store.stats.blocks;
      ++store.stats.evicted;
    }
    const auto open = open_.find(*segment.store);
    if (open != open_.end() && open->second.number == number) {
      ::close(open->second.fd);
      open_.erase(open);
    }
  }
  fs::path path = std::move(segment.path);
  segments_.erase(found);
  return path;
}

// ---- the reader thread

void KvDisk::Read() {
  std::unique_lock lock(mutex_);
  while (true) {
    wanted_.wait(lock, [&] { return stop_ || !reads_.empty(); });
    if (stop_) return;
    const std::shared_ptr<KvRead> read = reading_ = std::move(reads_.front());
    reads_.pop_front();
    lock.unlock();
    const double begin = SteadySeconds();
    const std::uint32_t blocks = ReadBlocks(*read);
    const double seconds = SteadySeconds() - begin;
    lock.lock();
    Store& store = stores_[read->store];
    store.stats.read += blocks;
    store.stats.read_seconds += seconds;
    if (blocks > 0) {
      const double per_byte = seconds / static_cast<double>(blocks * store.block_bytes);
      seconds_per_byte_ += (seconds_per_byte_ == 0 ? 1 : kNewShare) * (per_byte - seconds_per_byte_);
    }
    lock.unlock();
    read->blocks.store(blocks);
    read->finished.store(true);
    if (read->done) read->done();
    lock.lock();
    reading_ = nullptr;
    idle_.notify_all();
  }
}

std::uint32_t KvDisk::ReadBlocks(KvRead& read) {
  std::set<std::uint64_t> used;
  std::uint64_t opened = 0;
  std::unique_ptr<Descriptor> file;
  std::uint32_t done = 0;
  for (; done < read.keys.size() && !read.cancelled; ++done) {
    const KvKey& name = read.keys[done];
    Place place;
    fs::path path;
    std::uint64_t offset = 0, bytes = 0;
    std::optional<cipher::Key> key;
    {
      std::lock_guard lock(mutex_);
      const Store& store = stores_[read.store];
      const auto found = store.index.find(name);
      if (found == store.index.end() || found->second.segment == 0) break;
      place = found->second;
      const Segment& segment = segments_.at(place.segment);
      path = segment.path;
      offset = segment.head.SlotOffset(place.slot);
      bytes = store.block_bytes;
      key = segment.key;
    }
    if (opened != place.segment) file = std::make_unique<Descriptor>(OpenToRead(path));
    opened = place.segment;
    unsigned char* const out = read.out[done];
    const std::span<const unsigned char> block(out, bytes);
    const bool right = file->fd >= 0 && ReadAt(file->fd, out, bytes, offset) &&
                       (key ? cipher::Unseal(*key, NonceOf(place.slot), Bytes(name), block, place.tag, out)
                            : KvChecksum(name, block) == place.tag);
    if (!right) {
      std::lock_guard lock(mutex_);
      Store& store = stores_[read.store];
      const auto found = store.index.find(name);
      if (found != store.index.end() && found->second.segment == place.segment) {
        store.index.erase(found);
        --store.stats.blocks;
        ++store.stats.damaged;
      }
      break;
    }
    used.insert(place.segment);
  }
  Touch(used);
  return done;
}

void KvDisk::Touch(const std::set<std::uint64_t>& segments) {
  std::vector<fs::path> paths;
  const double now = SteadySeconds();
  {
    std::lock_guard lock(mutex_);
    for (const std::uint64_t number : segments) {
      const auto found = segments_.find(number);
      if (found == segments_.end()) continue;
      found->second.used = ++uses_;
      if (now - found->second.touched <= kTouchSeconds) continue;
      found->second.touched = now;
      paths.push_back(found->second.path);
    }
  }
  const timespec times[2] = {{0, UTIME_NOW}, {0, UTIME_NOW}};
  for (const fs::path& path : paths) static_cast<void>(::utimensat(AT_FDCWD, path.c_str(), times, 0) == 0);
}

// ---- for those who list and clear

std::vector<KvInfo> ListKv(const fs::path& folder) {
  std::vector<KvInfo> list;
  for (const fs::path& path : FoldersIn(folder)) {
    KvInfo info;
    info.folder = path;
    for (const FolderFile& file : FilesIn(path, kSuffix)) {
      info.bytes += file.bytes;
      info.used_unix = std::max(info.used_unix, file.modified_ns / 1'000'000'000);
      const auto head = ReadHead(file.path);
      if (!head) continue;
      info.model = head->first.model;
      info.sealed = head->first.sealed;
      info.block_bytes = head->first.block_bytes;
      info.blocks += head->second.size();
    }
    if (info.bytes > 0) list.push_back(std::move(info));
  }
  std::ranges::sort(list, std::greater(), &KvInfo::used_unix);
  return list;
}

Result<KvRemoved> RemoveKv(const fs::path& folder, std::string_view model) {
  KvRemoved removed;
  const auto list = ListKv(folder);
  if (std::ranges::none_of(list, [&](const KvInfo& info) { return model.empty() || info.model == model; }))
    return removed;
  ASSIGN_OR_RETURN(const int fd, LockFolder(folder));
  const Descriptor lock(fd);
  for (const KvInfo& info : list) {
    if (!model.empty() && info.model != model) continue;
    for (const FolderFile& file : FilesIn(info.folder, kSuffix)) {
      if (::unlink(file.path.c_str()) != 0 && errno != ENOENT)
        return Fail(Code::kDisk, "{}: cannot remove: {}", file.path.string(), std::strerror(errno));
      ++removed.files;
      removed.bytes += file.bytes;
    }
    ::rmdir(info.folder.c_str());
  }
  return removed;
}

}  // namespace yun::engine
