#include "formats/gguf/gguf.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <fstream>
#include <iterator>
#include <random>

#include "formats/gguf/writer.h"

namespace yun::gguf {
namespace {
namespace fs = std::filesystem;

struct Folder {
  Folder() : path(fs::temp_directory_path() / ("yun_gguf_test." + std::to_string(::getpid()))) {
    fs::create_directories(path);
  }
  ~Folder() { fs::remove_all(path); }
  fs::path path;
};

std::vector<std::byte> ReadAll(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  const std::vector<char> data{std::istreambuf_iterator<char>(in), {}};
  std::vector<std::byte> bytes(data.size());
  std::memcpy(bytes.data(), data.data(), data.size());
  return bytes;
}

/// A file with a value of many a type and two tensors.
void WriteSmall(const fs::path& path, std::string_view prefix = "", std::uint32_t split = 0, std::uint32_t splits = 1) {
  Writer writer;
  writer.AddString("general.architecture", "llama");
  writer.AddUint32("llama.block_count", 2);
  writer.AddUint64("big", 1ull << 40);
  writer.AddFloat("eps", 1e-5f);
  writer.AddBool("yes", true);
  const std::vector<std::string> tokens = {"a", "", "\xff\xfe", "文"};
  writer.AddStrings("tokens", tokens);
  const std::vector<std::int32_t> types = {1, -3, 6};
  writer.AddInts("types", types);
  if (splits > 1) {
    writer.AddUint32("split.no", split);
    writer.AddUint32("split.count", splits);
    writer.AddUint32("split.tensors.count", 2 * splits);
  }
  const std::uint64_t f32[] = {3}, q8[] = {64, 2};
  writer.AddTensor(std::string(prefix) + "norm", quant::Type::kF32, f32);
  writer.AddTensor(std::string(prefix) + "matrix", quant::Type::kQ8_0, q8);
  ASSERT_TRUE(writer.Begin(path, true));
  const float norm[] = {1, 2, 3};
  ASSERT_TRUE(writer.Write(std::as_bytes(std::span(norm))));
  std::vector<std::byte> matrix(68);
  for (std::size_t i = 0; i < matrix.size(); ++i) matrix[i] = static_cast<std::byte>(i + split);
  ASSERT_TRUE(writer.Write(matrix));
  ASSERT_TRUE(writer.Write(matrix));
  ASSERT_TRUE(writer.Finish());
}

TEST(Gguf, WhatIsWrittenIsRead) {
  Folder folder;
  WriteSmall(folder.path / "a.gguf");
  auto file = File::Open(folder.path / "a.gguf");
  ASSERT_TRUE(file) << file.error().message;
  EXPECT_EQ(file->version(), 3u);
  EXPECT_EQ(file->Find("general.architecture")->AsString(), "llama");
  EXPECT_EQ(file->Find("llama.block_count")->AsUint(), 2u);
  EXPECT_EQ(file->Find("llama.block_count")->AsDouble(), 2.0);
  EXPECT_EQ(file->Find("llama.block_count")->AsString(), std::nullopt);
  EXPECT_EQ(file->Find("big")->AsInt(), 1ll << 40);
  EXPECT_EQ(file->Find("eps")->AsDouble(), static_cast<double>(1e-5f));
  EXPECT_EQ(file->Find("yes")->AsBool(), true);
  EXPECT_EQ(file->Find("nothing"), nullptr);
  const std::vector<std::string_view> tokens = {"a", "", "\xff\xfe", "文"};
  EXPECT_EQ(file->Find("tokens")->AsStrings(), tokens);
  EXPECT_EQ(file->Find("tokens")->AsInts(), std::nullopt);
  EXPECT_EQ(file->Find("types")->AsInts(), (std::vector<std::int32_t>{1, -3, 6}));
  EXPECT_EQ(file->Find("tokens")->ToText(100), "4 x string: [\"a\", \"\", \"\\xff\\xfe\", \"文\"]");
  EXPECT_EQ(file->Find("types")->ToText(100), "3 x i32: [1, -3, 6]");
  ASSERT_EQ(file->tensors().size(), 2u);
  const TensorInfo* matrix = file->FindTensor("matrix");
  ASSERT_NE(matrix, nullptr);
  EXPECT_EQ(matrix->dims, (std::vector<std::uint64_t>{64, 2}));
  ASSERT_EQ(matrix->data.size(), 136u);
  EXPECT_EQ(matrix->data[69], std::byte{1});
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(matrix->data.data()) % kDefaultAlignment, 0u);
  // No file of another name is left behind.
  EXPECT_EQ(std::distance(fs::directory_iterator(folder.path), fs::directory_iterator()), 1);
}

TEST(Gguf, SplitsAreOneModel) {
  Folder folder;
  for (std::uint32_t i = 0; i < 3; ++i)
    WriteSmall(folder.path / fmt::format("m-{:05}-of-00003.gguf", i + 1), fmt::format("s{}.", i), i, 3);
  auto file = File::Open(folder.path / "m-00001-of-00003.gguf");
  ASSERT_TRUE(file) << file.error().message;
  EXPECT_EQ(file->tensors().size(), 6u);
  EXPECT_EQ(file->FindTensor("s2.matrix")->data[0], std::byte{2});
  auto second = File::Open(folder.path / "m-00002-of-00003.gguf");
  ASSERT_FALSE(second);
  EXPECT_NE(second.error().message.find("open m-00001-of-00003.gguf"), std::string::npos) << second.error().message;
  fs::copy_file(folder.path / "m-00001-of-00003.gguf", folder.path / "other.gguf");
  EXPECT_FALSE(File::Open(folder.path / "other.gguf"));
  fs::remove(folder.path / "m-00003-of-00003.gguf");
  auto missing = File::Open(folder.path / "m-00001-of-00003.gguf");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, Code::kNotFound);
}

TEST(Gguf, EveryPrefixIsAnError) {
  Folder folder;
  WriteSmall(folder.path / "a.gguf");
  const auto bytes = ReadAll(folder.path / "a.gguf");
  const std::size_t needed = bytes.size() - 24;  // padding behind the last tensor may be missing
  for (std::size_t size = 0; size < needed; ++size) {
    const std::vector<std::byte> part(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
    const auto file = File::Parse(part, "a.gguf");
    ASSERT_FALSE(file) << size;
    EXPECT_EQ(file.error().code, Code::kCorrupt);
    EXPECT_EQ(file.error().message.find("a.gguf: byte "), 0u) << file.error().message;
  }
  EXPECT_TRUE(File::Parse(bytes, "a.gguf"));
}

TEST(Gguf, RandomChangesNeverCrash) {
  Folder folder;
  WriteSmall(folder.path / "a.gguf");
  const auto good = ReadAll(folder.path / "a.gguf");
  std::mt19937 random(5);
  int errors = 0;
  for (int round = 0; round < 20000; ++round) {
    auto bytes = good;
    for (unsigned flips = 1 + random() % 3; flips > 0; --flips)
      bytes[random() % bytes.size()] = static_cast<std::byte>(random() % 3 == 0 ? 0xff : random());
    const auto file = File::Parse(bytes, "a");
    if (!file) {
      ++errors;
      continue;
    }
    for (const Entry& entry : file->metadata()) {
      entry.value.ToText(80);
      entry.value.AsStrings();
      entry.value.AsInts();
    }
    unsigned sum = 0;
    for (const TensorInfo& tensor : file->tensors())
      for (const std::byte b : tensor.data) sum += static_cast<unsigned>(b);
    volatile unsigned sink = sum;
    (void)sink;
  }
  EXPECT_GT(errors, 2000);
}

/// Puts a file together by hand.
struct Raw {
  std::string bytes;
  template <class T>
  Raw& Put(T value) {
    bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
    return *this;
  }
  Raw& Str(std::string_view text) {
    Put<std::uint64_t>(text.size());
    bytes += text;
    return *this;
  }
  static Raw Head(std::uint32_t version, std::uint64_t tensors, std::uint64_t entries) {
    Raw raw;
    raw.bytes = "GGUF";
    return raw.Put(version).Put(tensors).Put(entries);
  }
  Raw& Tensor(std::string_view name, std::vector<std::uint64_t> dims, std::uint32_t type, std::uint64_t offset) {
    Str(name).Put(static_cast<std::uint32_t>(dims.size()));
    for (auto d : dims) Put(d);
    return Put(type).Put(offset);
  }
  Raw& Data(std::size_t size) {
    bytes.resize((bytes.size() + 31) / 32 * 32 + size);
    return *this;
  }
};

TEST(Gguf, HostileFilesAreRefused) {
  constexpr std::uint64_t kHuge = ~0ull;
  Raw nested = Raw::Head(3, 0, 1).Str("k").Put(9u);
  for (int i = 0; i < 100; ++i) nested.Put(9u).Put<std::uint64_t>(1);
  const struct {
    const char* what;
    std::string bytes;
    Code code;
  } cases[] = {
      {"another magic", "GGML" + std::string(60, '\0'), Code::kCorrupt},
      {"version 1", Raw::Head(1, 0, 0).bytes, Code::kUnsupported},
      {"big-endian", Raw::Head(0x03000000u, 0, 0).bytes, Code::kUnsupported},
      {"huge tensor count", Raw::Head(3, kHuge, 0).bytes, Code::kTooLarge},
      {"huge metadata count", Raw::Head(3, 0, kHuge).bytes, Code::kTooLarge},
      {"metadata that is not there", Raw::Head(3, 0, 60000).bytes, Code::kCorrupt},
      {"huge key", Raw::Head(3, 0, 1).Put(kHuge).bytes, Code::kTooLarge},
      {"huge string", Raw::Head(3, 0, 1).Str("k").Put(8u).Put(kHuge).bytes, Code::kTooLarge},
      {"long string that is not there", Raw::Head(3, 0, 1).Str("k").Put(8u).Put<std::uint64_t>(1000000).bytes,
       Code::kCorrupt},
      {"huge array", Raw::Head(3, 0, 1).Str("k").Put(9u).Put(10u).Put(kHuge / 8 + 2).bytes, Code::kTooLarge},
      {"array that is not there", Raw::Head(3, 0, 1).Str("k").Put(9u).Put(8u).Put<std::uint64_t>(1 << 25).bytes,
       Code::kCorrupt},
      {"unknown value type", Raw::Head(3, 0, 1).Str("k").Put(13u).bytes, Code::kCorrupt},
      {"deep nesting", nested.bytes, Code::kTooLarge},
      {"key twice", Raw::Head(3, 0, 2).Str("k").Put(0u).Put<char>(1).Str("k").Put(0u).Put<char>(1).bytes,
       Code::kCorrupt},
      {"alignment 0", Raw::Head(3, 0, 1).Str("general.alignment").Put(4u).Put(0u).bytes, Code::kCorrupt},
      {"alignment 12", Raw::Head(3, 0, 1).Str("general.alignment").Put(4u).Put(12u).bytes, Code::kCorrupt},
      {"no dimensions", Raw::Head(3, 1, 0).Tensor("t", {}, 0, 0).Data(64).bytes, Code::kCorrupt},
      {"too many dimensions", Raw::Head(3, 1, 0).Tensor("t", {1, 1, 1, 1, 1}, 0, 0).Data(64).bytes, Code::kCorrupt},
      {"dimension 0", Raw::Head(3, 1, 0).Tensor("t", {0}, 0, 0).Data(64).bytes, Code::kCorrupt},
      {"product overflows", Raw::Head(3, 1, 0).Tensor("t", {1ull << 32, 1ull << 31, 4}, 0, 0).Data(64).bytes,
       Code::kCorrupt},
      {"odd row", Raw::Head(3, 1, 0).Tensor("t", {33}, 8, 0).Data(64).bytes, Code::kCorrupt},
      {"odd offset", Raw::Head(3, 1, 0).Tensor("t", {1}, 0, 4).Data(64).bytes, Code::kCorrupt},
      {"offset behind the end", Raw::Head(3, 1, 0).Tensor("t", {1}, 0, 1ull << 40).Data(64).bytes, Code::kCorrupt},
      {"offset that wraps", Raw::Head(3, 1, 0).Tensor("t", {16}, 0, kHuge - 31).Data(64).bytes, Code::kCorrupt},
      {"tensor twice", Raw::Head(3, 2, 0).Tensor("t", {1}, 0, 0).Tensor("t", {1}, 0, 32).Data(64).bytes,
       Code::kCorrupt},
      {"overlap", Raw::Head(3, 2, 0).Tensor("a", {16}, 0, 0).Tensor("b", {1}, 0, 32).Data(64).bytes, Code::kCorrupt},
      {"a split alone", Raw::Head(3, 0, 1).Str("split.count").Put(4u).Put(100000u).bytes, Code::kTooLarge},
  };
  for (const auto& c : cases) {
    const auto file = File::Parse(std::as_bytes(std::span(c.bytes)), "x.gguf");
    ASSERT_FALSE(file) << c.what;
    EXPECT_EQ(file.error().code, c.code) << c.what << ": " << file.error().message;
    EXPECT_EQ(file.error().message.find("x.gguf: "), 0u) << file.error().message;
  }
  // Valid, if of no use: another tensor type is listed without its bytes; nesting within the limit; version 2.
  const std::string other = Raw::Head(2, 1, 1)
                                .Str("k")
                                .Put(9u)
                                .Put(9u)
                                .Put<std::uint64_t>(1)
                                .Put(4u)
                                .Put<std::uint64_t>(1)
                                .Put(7u)
                                .Tensor("t", {32}, 20, 0)
                                .Data(64)
                                .bytes;
  const auto file = File::Parse(std::as_bytes(std::span(other)), "x.gguf");
  ASSERT_TRUE(file) << file.error().message;
  EXPECT_TRUE(file->tensors()[0].data.empty());
  EXPECT_EQ(TensorTypeName(file->tensors()[0].type), "iq4_nl");
  EXPECT_EQ(file->Find("k")->ToText(80), "1 x array");
}

TEST(Writer, NothingIsLeftOfAFileThatWasNotFinished) {
  Folder folder;
  {
    Writer writer;
    const std::uint64_t dims[] = {1024};
    writer.AddTensor("t", quant::Type::kF32, dims);
    ASSERT_TRUE(writer.Begin(folder.path / "a.gguf", false));
  }
  EXPECT_TRUE(fs::is_empty(folder.path));
  WriteSmall(folder.path / "b.gguf");
  Writer writer;
  const Status status = writer.Begin(folder.path / "b.gguf", false);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, Code::kAlreadyExists);
}

TEST(Writer, DiskFullIsAnErrorAndLeavesNothing) {
  Folder folder;
  ::signal(SIGXFSZ, SIG_IGN);
  rlimit before = {};
  ::getrlimit(RLIMIT_FSIZE, &before);
  rlimit small = before;
  small.rlim_cur = 65536;  // stands for a full disk: write() fails in the same place
  {
    Writer writer;
    const std::uint64_t dims[] = {1 << 20};
    writer.AddTensor("t", quant::Type::kF32, dims);
    ASSERT_TRUE(writer.Begin(folder.path / "a.gguf", false));
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
    const std::vector<std::byte> data(1 << 22);
    const Status status = writer.Write(data);
    ::setrlimit(RLIMIT_FSIZE, &before);
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().code, Code::kDisk);
    EXPECT_NE(status.error().message.find("a.gguf"), std::string::npos);
  }
  EXPECT_TRUE(fs::is_empty(folder.path));
}

}  // namespace
}  // namespace yun::gguf
