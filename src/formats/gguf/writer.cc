#include "formats/gguf/writer.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>

#include "base/check.h"

namespace yun::gguf {
namespace {

template <class T>
void Put(std::string& out, T value) {
  char bytes[sizeof value];
  std::memcpy(bytes, &value, sizeof value);
  out.append(bytes, sizeof bytes);
}

void PutString(std::string& out, std::string_view text) {
  Put<std::uint64_t>(out, text.size());
  out += text;
}

std::string Reason() { return std::generic_category().message(errno); }

std::uint64_t Padding(std::uint64_t at) { return (kDefaultAlignment - at % kDefaultAlignment) % kDefaultAlignment; }

}  // namespace

Writer::~Writer() {
  if (fd_ < 0) return;
  ::close(fd_);
  ::unlink(temporary_.c_str());
}

void Writer::Add(std::string_view key, ValueType type, std::string bytes) {
  CHECK(fd_ < 0);
  const auto [it, fresh] = places_.emplace(key, entries_.size());
  if (fresh) {
    entries_.push_back({std::string(key), type, std::move(bytes)});
  } else {
    entries_[it->second].type = type;
    entries_[it->second].bytes = std::move(bytes);
  }
}

bool Writer::Has(std::string_view key) const { return places_.contains(std::string(key)); }

void Writer::AddUint32(std::string_view key, std::uint32_t value) {
  std::string bytes;
  Put(bytes, value);
  Add(key, ValueType::kUint32, std::move(bytes));
}

void Writer::AddUint64(std::string_view key, std::uint64_t value) {
  std::string bytes;
  Put(bytes, value);
  Add(key, ValueType::kUint64, std::move(bytes));
}

void Writer::AddFloat(std::string_view key, float value) {
  std::string bytes;
  Put(bytes, value);
  Add(key, ValueType::kFloat32, std::move(bytes));
}

void Writer::AddBool(std::string_view key, bool value) {
  Add(key, ValueType::kBool, std::string(1, value ? '\1' : '\0'));
}

void Writer::AddString(std::string_view key, std::string_view value) {
  std::string bytes;
  PutString(bytes, value);
  Add(key, ValueType::kString, std::move(bytes));
}

void Writer::AddStrings(std::string_view key, std::span<const std::string> values) {
  std::string bytes;
  Put(bytes, static_cast<std::uint32_t>(ValueType::kString));
  Put<std::uint64_t>(bytes, values.size());
  for (const std::string& value : values) PutString(bytes, value);
  Add(key, ValueType::kArray, std::move(bytes));
}

void Writer::AddInts(std::string_view key, std::span<const std::int32_t> values) {
  std::string bytes;
  Put(bytes, static_cast<std::uint32_t>(ValueType::kInt32));
  Put<std::uint64_t>(bytes, values.size());
  for (const std::int32_t value : values) Put(bytes, value);
  Add(key, ValueType::kArray, std::move(bytes));
}

void Writer::AddValue(std::string_view key, const Value& value) {
  Add(key, value.type, std::string(reinterpret_cast<const char*>(value.encoded.data()), value.encoded.size()));
}

void Writer::AddTensor(std::string_view name, quant::Type type, std::span<const std::uint64_t> dims) {
  CHECK(fd_ < 0 && !dims.empty() && dims.size() <= kMaxDimensions);
  std::uint64_t bytes = quant::RowBytes(type, dims[0]);
  for (std::size_t i = 1; i < dims.size(); ++i) bytes *= dims[i];
  tensors_.push_back({std::string(name), type, {dims.begin(), dims.end()}, bytes});
}

Status Writer::WriteAll(const void* data, std::size_t size) {
  const char* p = static_cast<const char*>(data);
  while (size > 0) {
    const ssize_t n = ::write(fd_, p, size);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return Fail(Code::kDisk, "{}: cannot write: {}", path_.string(), Reason());
    p += n;
    size -= static_cast<std::size_t>(n);
  }
  return {};
}

Status Writer::Begin(const std::filesystem::path& path, bool replace) {
  CHECK(fd_ < 0);
  std::error_code ignored;
  if (!replace && std::filesystem::exists(path, ignored))
    return Fail(Code::kAlreadyExists, "{}: exists already; remove it, or choose another name", path.string());
  path_ = path;
  temporary_ = path;
  temporary_ += fmt::format(".partial-{}", ::getpid());
  fd_ = ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (fd_ < 0) return Fail(Code::kDisk, "{}: cannot create: {}", temporary_.string(), Reason());

  std::string head = "GGUF";
  Put<std::uint32_t>(head, 3);
  Put<std::uint64_t>(head, tensors_.size());
  Put<std::uint64_t>(head, entries_.size());
  for (const Encoded& entry : entries_) {
    PutString(head, entry.key);
    Put(head, static_cast<std::uint32_t>(entry.type));
    head += entry.bytes;
  }
  std::uint64_t offset = 0;
  for (const Planned& tensor : tensors_) {
    PutString(head, tensor.name);
    Put(head, static_cast<std::uint32_t>(tensor.dims.size()));
    for (const std::uint64_t size : tensor.dims) Put(head, size);
    Put(head, static_cast<std::uint32_t>(tensor.type));
    Put(head, offset);
    offset += tensor.bytes + Padding(tensor.bytes);
  }
  head.append(Padding(head.size()), '\0');
  return WriteAll(head.data(), head.size());
}

Status Writer::Write(std::span<const std::byte> bytes) {
  CHECK(fd_ >= 0 && tensor_ < tensors_.size() && bytes.size() <= tensors_[tensor_].bytes - tensor_done_);
  RETURN_IF_ERROR(WriteAll(bytes.data(), bytes.size()));
  tensor_done_ += bytes.size();
  if (tensor_done_ < tensors_[tensor_].bytes) return {};
  static constexpr char kZeros[kDefaultAlignment] = {};
  RETURN_IF_ERROR(WriteAll(kZeros, Padding(tensor_done_)));
  ++tensor_;
  tensor_done_ = 0;
  return {};
}

Status Writer::Finish() {
  CHECK(fd_ >= 0 && tensor_ == tensors_.size());
  if (::fsync(fd_) != 0) return Fail(Code::kDisk, "{}: cannot write: {}", path_.string(), Reason());
  if (::rename(temporary_.c_str(), path_.c_str()) != 0)
    return Fail(Code::kDisk, "{}: cannot be put in place: {}", path_.string(), Reason());
  ::close(fd_);
  fd_ = -1;
  return {};
}

}  // namespace yun::gguf
