// Packed files: what is written is read, what is broken is noticed and mended, whoever is killed leaves nothing half.
#include "engine/model/packed_file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <numeric>

#include "engine/kernels/pack.h"
#include "engine/model/packed_folder.h"
#include "engine/model/packed_model.h"
#include "engine/model/weights.h"

namespace yun::engine {
namespace {
namespace fs = std::filesystem;

std::vector<PackedInfo> Listed(const fs::path& folder) { return ListPacked(folder); }

std::unique_ptr<Weights> MustLoad(const Checkpoint& checkpoint, const PackedPlace& place, ThreadPool& pool,
                                  bool f32 = false) {
  auto weights = LoadWeights(checkpoint, *checkpoint.Config(), f32, place, pool, {});
  CHECK(weights);
  return std::move(*weights);
}

std::vector<std::pair<const kernels::PackedMatrix*, std::string>> MatricesOf(const Weights& w) {
  std::vector<std::pair<const kernels::PackedMatrix*, std::string>> all;
  for (std::size_t i = 0; i < w.layers.size(); ++i) {
    const LayerWeights& l = w.layers[i];
    for (const auto* m : {&l.q, &l.k, &l.v, &l.out, &l.gate, &l.up, &l.down}) all.emplace_back(m, std::to_string(i));
  }
  all.emplace_back(&w.output, "output");
  return all;
}

void ExpectEqual(const Weights& a, const Weights& b) {
  EXPECT_EQ(a.output_norm, b.output_norm);
  for (std::size_t i = 0; i < a.layers.size(); ++i) {
    b.Need(b.layers[i]);
    for (const auto member : {&LayerWeights::attn_norm, &LayerWeights::ffn_norm, &LayerWeights::q_norm,
                              &LayerWeights::k_norm, &LayerWeights::q_bias, &LayerWeights::k_bias,
                              &LayerWeights::v_bias})
      EXPECT_EQ(a.layers[i].*member, b.layers[i].*member);
  }
  b.NeedOutput();
  const auto left = MatricesOf(a), right = MatricesOf(b);
  for (std::size_t i = 0; i < left.size(); ++i) {
    ASSERT_EQ(kernels::PackedBytes(*left[i].first), kernels::PackedBytes(*right[i].first));
    EXPECT_EQ(std::memcmp(left[i].first->data, right[i].first->data, kernels::PackedBytes(*left[i].first)), 0)
        << left[i].second;
  }
}

std::string Bytes(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}
void Overwrite(const fs::path& path, std::uint64_t at, const std::string& bytes) {
  std::fstream out(path, std::ios::binary | std::ios::in | std::ios::out);
  out.seekp(static_cast<std::streamoff>(at));
  out << bytes;
}

PackedHeader Sample() {
  PackedHeader header;
  header.model = "m";
  header.sources = {{"/a/b.gguf", 10, 20, 30}};
  const auto shape = kernels::PackedShape(kernels::Packing::kQ8, 40, 64);
  header.matrices = {{"one", kernels::Packing::kQ8, 40, 64, 0, 0, kernels::PackedBytes(shape)},
                     {"two", kernels::Packing::kQ8, 40, 64, 8, 8192, kernels::PackedBytes(shape)}};
  header.vectors = {{"v", {1.f, 2.f}}, {"none", {}}};
  header.data_bytes = 16384;
  header.checksums = {42};
  return header;
}

TEST(PackedHeader, IsReadAsItWasWritten) {
  const PackedHeader header = Sample();
  const std::string bytes = SerializePackedHeader(header);
  const auto read = ParsePackedHeader(std::as_bytes(std::span(bytes)), PackedDataOffset(bytes.size()) + 16384, "x");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(SerializePackedHeader(*read), bytes);
  EXPECT_EQ(FingerprintOf(*read), FingerprintOf(header));
  EXPECT_EQ(read->matrices, header.matrices);
  EXPECT_EQ(read->sources, header.sources);
}

TEST(PackedHeader, EveryBrokenByteAndEveryCutIsNoticed) {
  const std::string bytes = SerializePackedHeader(Sample());
  const std::uint64_t file_bytes = PackedDataOffset(bytes.size()) + 16384;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    std::string broken = bytes;
    broken[i] = static_cast<char>(broken[i] ^ 0x10);
    EXPECT_FALSE(ParsePackedHeader(std::as_bytes(std::span(broken)), file_bytes, "x")) << i;
    const auto cut = std::as_bytes(std::span(bytes)).first(i);
    EXPECT_EQ(ParsePackedHeader(cut, file_bytes, "x").error().code, Code::kCorrupt);
  }
  EXPECT_EQ(ParsePackedHeader(std::as_bytes(std::span(bytes)), file_bytes - 1, "x").error().code, Code::kCorrupt);
}

TEST(PackedHeader, WhatLiesOutsideTheDataIsRefused) {
  const auto code = [](auto change) {
    PackedHeader header = Sample();
    change(header);
    const std::string bytes = SerializePackedHeader(header);
    const auto read = ParsePackedHeader(std::as_bytes(std::span(bytes)),
                                        PackedDataOffset(bytes.size()) + header.data_bytes, "x");
    return read ? Code::kInternal : read.error().code;
  };
  EXPECT_EQ(code([](PackedHeader&) {}), Code::kInternal);
  EXPECT_EQ(code([](PackedHeader& h) { h.matrices[1].offset = 4096; h.matrices[0].offset = 4096; }), Code::kCorrupt);
  EXPECT_EQ(code([](PackedHeader& h) { h.matrices[1].offset = 16384; }), Code::kCorrupt);
  EXPECT_EQ(code([](PackedHeader& h) { h.matrices[1].offset = ~std::uint64_t{4095}; }), Code::kCorrupt);
  EXPECT_EQ(code([](PackedHeader& h) { h.matrices[1].offset = 8193; }), Code::kCorrupt);
  EXPECT_EQ(code([](PackedHeader& h) { h.matrices[0].bytes += 1; }), Code::kCorrupt);
  EXPECT_EQ(code([](PackedHeader& h) { h.matrices[0].rows = 0xffffffff; }), Code::kCorrupt);
  EXPECT_EQ(code([](PackedHeader& h) { h.matrices[0].cols = 33; }), Code::kCorrupt);
  EXPECT_EQ(code([](PackedHeader& h) { h.matrices[0].packing = static_cast<kernels::Packing>(77); }), Code::kCorrupt);
  EXPECT_EQ(code([](PackedHeader& h) { h.data_bytes = 0; }), Code::kCorrupt);
  EXPECT_EQ(code([](PackedHeader& h) { h.data_bytes = kPackedChunkBytes + 4096; }), Code::kCorrupt);
  EXPECT_EQ(code([](PackedHeader& h) { h.checksums.push_back(1); }), Code::kCorrupt);
}

TEST(PackedFile, HoldsEveryMatrixBitForBit) {
  ThreadPool pool(2);
  for (const char* name : {"llama_llama3.gguf", "qwen2.gguf", "qwen3_yarn.gguf", "qwen2_f16", "qwen3_bf16",
                           "qwen3_sharded", "qwen3_untied"}) {
    for (const bool f32 : {false, true}) {
      SCOPED_TRACE(name);
      TemporaryFolder folder;
      const PackedPlace place{folder.path / "packed", "tiny"};
      const auto checkpoint = *Checkpoint::Open(std::string(YUN_SOURCE_DIR "/tests/golden/models/") + name);
      const auto old = MustLoad(*checkpoint, {}, pool, f32);
      const auto first = MustLoad(*checkpoint, place, pool, f32);
      EXPECT_FALSE(first->file);
      first->WaitSettled();
      ExpectEqual(*old, *first);
      const auto second = MustLoad(*checkpoint, place, pool, f32);
      ASSERT_TRUE(second->file);
      ExpectEqual(*old, *second);
      EXPECT_TRUE(second->complete());
      EXPECT_EQ(second->file->mended(), 0u);
    }
  }
}

Topology Nodes(const std::vector<int>& cores) {
  Topology topology;
  int cpu = 0;
  for (const int count : cores) {
    Topology::Node& node = topology.nodes.emplace_back();
    for (int i = 0; i < count; ++i) node.cpus.push_back(cpu++);
  }
  return topology;
}

// A mapped file's pages lie where the file was read, by whomever: on several nodes they are copied.
TEST(PackedFile, OnSeveralNodesWeightsAreCopied) {
  TemporaryFolder folder;
  const PackedPlace place{folder.path, "tiny"};
  const auto checkpoint = FiledModel("model.gguf");
  ThreadPool one(2, Nodes({2})), two(4, Nodes({2, 2}));
  const auto first = MustLoad(*checkpoint, place, one);
  first->WaitSettled();
  EXPECT_TRUE(MustLoad(*checkpoint, place, one)->file);
  const auto near = MustLoad(*checkpoint, place, two);
  EXPECT_FALSE(near->file) << "it is read, and let go";
  ExpectEqual(*first, *near);
}

// By simulation: a panel's pages lie on the node that first writes it, one of so many panels, and it is multiplied by
// the node of its chunk of panels. But for two chunks at each border between nodes they are the same.
TEST(PackedFile, PanelsLieOnTheNodeThatMultipliesThem) {
  for (const auto& cores : {std::vector<int>{4}, {2, 2}, {3, 1}, {2, 4, 2}}) {
    ThreadPool pool(std::accumulate(cores.begin(), cores.end(), 0), Nodes(cores));
    for (const std::uint32_t panels : {1u, 7u, 64u, 256u, 9496u})
      for (const std::uint32_t step : {4u, 20u, 64u}) {
        const std::uint32_t chunks = (panels + step - 1) / step;
        std::uint32_t far = 0;
        for (std::uint32_t panel = 0; panel < panels; ++panel)
          far += pool.OwnerOf(panel, panels) != pool.OwnerOf(panel / step, chunks);
        EXPECT_LE(far, 2 * step * (cores.size() - 1)) << panels << " panels, " << step << " a chunk";
      }
  }
}

TEST(PackedFile, ADamagedChunkIsMendedAndTheFileMadeAnew) {
  ThreadPool pool(2);
  TemporaryFolder folder;
  const PackedPlace place{folder.path, "tiny"};
  const auto checkpoint = FiledModel("model.gguf");
  const auto old = MustLoad(*checkpoint, place, pool);
  old->WaitSettled();
  ASSERT_EQ(Listed(folder.path).size(), 1u);
  const fs::path path = Listed(folder.path)[0].path;
  const std::uint64_t data_bytes = Listed(folder.path)[0].header.data_bytes;
  const std::string whole = Bytes(path);
  ASSERT_GT(data_bytes, 3 * kPackedChunkBytes);
  for (std::uint64_t at = 100; at < data_bytes; at += kPackedChunkBytes) {
    SCOPED_TRACE(at);
    const std::uint64_t in_file = whole.size() - data_bytes + at;
    Overwrite(path, in_file, std::string(3, static_cast<char>(whole[in_file] ^ 1)));
    const auto mended = MustLoad(*checkpoint, place, pool);
    ASSERT_TRUE(mended->file);
    ExpectEqual(*old, *mended);
    EXPECT_EQ(mended->file->mended(), 1u);
    mended->WaitSettled();
    EXPECT_TRUE(Bytes(path) == whole);
  }
}

TEST(PackedFile, WhatWasFoundRightIsCheckedAgainOnlyAfterAChange) {
  ThreadPool pool(2);
  TemporaryFolder folder;
  const PackedPlace place{folder.path, "tiny"};
  const auto checkpoint = FiledModel("model.gguf");
  MustLoad(*checkpoint, place, pool)->WaitSettled();
  const fs::path path = Listed(folder.path)[0].path;
  const auto chunks = static_cast<std::uint32_t>(Listed(folder.path)[0].header.checksums.size());
  const auto checked = [&] {
    const auto weights = MustLoad(*checkpoint, place, pool);
    CHECK(weights->file);
    weights->file->WaitRead();
    EXPECT_TRUE(weights->file->sound());
    return weights->file->checked();
  };
  EXPECT_EQ(checked(), chunks);
  EXPECT_EQ(checked(), 0u) << "nothing has changed";
  EXPECT_EQ(checked(), 0u) << "though it was touched";
  const std::string whole = Bytes(path);
  Overwrite(path, whole.size() - 1, whole.substr(whole.size() - 1));
  EXPECT_EQ(checked(), chunks) << "somebody wrote to it";
  EXPECT_EQ(checked(), 0u);
  const int fd = ::open(path.c_str(), O_RDONLY);
  ASSERT_EQ(::fsync(fd), 0);
  ASSERT_EQ(::posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED), 0);
  ::close(fd);
  if (const std::uint32_t again = checked(); again > 0) {
    EXPECT_EQ(again, chunks) << "it comes from the disk again";
  }
  const fs::path copy = folder.path / "copy";
  fs::copy_file(path, copy);
  fs::rename(copy, path);
  EXPECT_EQ(checked(), chunks) << "another file";
}

TEST(PackedFile, WhatIsCutOrOfAnotherFormIsPackedAnew) {
  ThreadPool pool(2);
  TemporaryFolder folder;
  const PackedPlace place{folder.path, "tiny"};
  const auto checkpoint = FiledModel("model.gguf");
  MustLoad(*checkpoint, place, pool)->WaitSettled();
  const fs::path path = Listed(folder.path).at(0).path;
  const std::string whole = Bytes(path);
  const auto repacked = [&] {
    const auto weights = MustLoad(*checkpoint, place, pool);
    const bool used = weights->file != nullptr;
    weights->WaitSettled();
    return !used && Bytes(path) == whole;
  };
  fs::resize_file(path, whole.size() - 1);
  EXPECT_TRUE(repacked());
  fs::resize_file(path, 10);
  EXPECT_TRUE(repacked());
  fs::resize_file(path, 0);
  EXPECT_TRUE(repacked());
  Overwrite(path, 8, std::string(1, 99));  // the format's version
  EXPECT_TRUE(repacked());
  Overwrite(path, 12, std::string(1, 99));  // the packing's
  EXPECT_TRUE(repacked());
  Overwrite(path, 40, std::string(1, 99));
  EXPECT_TRUE(repacked());
}

TEST(PackedFile, WhatTheSystemMapsInSmallPagesIsCopied) {
  ThreadPool pool(2);
  // In the second no kernel makes huge pages unless told.
  for (const std::string& in : {fs::temp_directory_path().string(), std::string("/dev/shm")}) {
    if (!fs::exists(in)) continue;
    TemporaryFolder folder(in);
    const PackedPlace place{folder.path, "tiny"};
    const auto checkpoint = FiledModel("model.gguf");
    const auto old = MustLoad(*checkpoint, place, pool);
    old->WaitSettled();
    const auto mapped = MustLoad(*checkpoint, place, pool);
    ASSERT_TRUE(mapped->file);
    mapped->WaitSettled();
    const bool huge = mapped->file->LiesInHugePages();
    EXPECT_NE(mapped->copied, huge);
    ExpectEqual(*old, *mapped);
    mapped->Move();
    EXPECT_EQ(mapped->file != nullptr, huge);
    EXPECT_TRUE(mapped->complete());
    ExpectEqual(*old, *mapped);
    for (int i = 0; i < 3; ++i) static_cast<void>(MustLoad(*checkpoint, place, pool));  // broken off at once
  }
}

TEST(PackedFolder, AChangedModelIsNoticedAndItsFormerFileRemoved) {
  ThreadPool pool(2);
  TemporaryFolder folder;
  const fs::path model = folder.path / "tiny.gguf";
  fs::copy(YUN_SOURCE_DIR "/tests/golden/models/qwen2.gguf", model);
  const PackedPlace place{folder.path / "packed", "tiny"};
  MustLoad(**Checkpoint::Open(model), place, pool)->WaitSettled();
  EXPECT_TRUE(MustLoad(**Checkpoint::Open(model), place, pool)->file);
  EXPECT_FALSE(Listed(place.folder).at(0).stale);
  // Same size, same tensors, other weights, and a clock set back.
  std::string bytes = Bytes(model);
  bytes[bytes.size() - 9] = static_cast<char>(bytes[bytes.size() - 9] ^ 1);
  const auto time = fs::last_write_time(model);
  std::ofstream(model, std::ios::binary) << bytes;
  fs::last_write_time(model, time);
  const auto opened = *Checkpoint::Open(model);
  const auto old = MustLoad(*opened, {}, pool), anew = MustLoad(*opened, place, pool);
  EXPECT_FALSE(anew->file);
  anew->WaitSettled();
  ExpectEqual(*old, *anew);
  EXPECT_EQ(Listed(place.folder).size(), 1u);
  MustLoad(*opened, place, pool, true)->WaitSettled();  // of another precision: beside it
  EXPECT_EQ(Listed(place.folder).size(), 2u);
  fs::remove(model);
  EXPECT_TRUE(Listed(place.folder).at(0).stale);
}

TEST(PackedFolder, StaysWithinItsLimitByWhatWasUsedLast) {
  ThreadPool pool(2);
  TemporaryFolder folder;
  PackedPlace place{folder.path, "m"};
  const auto load = [&](const char* name) {
    place.model = name;
    const auto checkpoint = FiledModel(name);
    const auto weights = MustLoad(*checkpoint, place, pool);
    weights->WaitSettled();
    return weights->file != nullptr;
  };
  EXPECT_FALSE(load("a"));
  const std::uint64_t one = Listed(folder.path).at(0).bytes;
  place.bytes_max = 2 * one;
  EXPECT_FALSE(load("b"));
  EXPECT_TRUE(load("a"));  // now b was used longest ago
  EXPECT_FALSE(load("c"));
  std::vector<std::string> there;
  for (const PackedInfo& info : Listed(folder.path)) there.push_back(info.header.model);
  EXPECT_EQ(there, (std::vector<std::string>{"c", "a"}));
  place.bytes_max = one - 1;
  EXPECT_FALSE(load("d"));
  EXPECT_EQ(Listed(folder.path).size(), 2u);  // too large by itself: nothing goes for it
  place.bytes_max = 0;
  EXPECT_FALSE(load("a"));
  EXPECT_EQ(RemovePacked(folder.path, "a")->files, 1u);
  EXPECT_EQ(RemovePacked(folder.path, "a")->files, 0u);
  EXPECT_EQ(RemovePacked(folder.path, "")->bytes, one);
}

TEST(PackedFolder, WhoMayOnlyReadLeavesNothing) {
  ThreadPool pool(2);
  TemporaryFolder folder;
  PackedPlace place{folder.path / "packed", "m", {}, false};
  MustLoad(*FiledModel("a"), place, pool)->WaitSettled();
  EXPECT_FALSE(fs::exists(place.folder));
  MustLoad(**MakeRandomCheckpoint(TinyConfig(100, 64), 1), {place.folder, "m"}, pool)->WaitSettled();
  EXPECT_FALSE(fs::exists(place.folder));  // of a model that has no file
}

TEST(PackedFolder, WhatKilledWritersLeftIsRemovedAndLivingOnesAreLeftAlone) {
  ThreadPool pool(2);
  TemporaryFolder folder;
  std::ofstream(folder.path / "dead.packed.new") << "half";
  std::ofstream(folder.path / "living.packed.new") << "half";
  const int fd = ::open((folder.path / "living.packed.new").c_str(), O_RDWR);
  ASSERT_EQ(::flock(fd, LOCK_EX | LOCK_NB), 0);
  MustLoad(*FiledModel("a"), {folder.path, "m"}, pool)->WaitSettled();
  EXPECT_FALSE(fs::exists(folder.path / "dead.packed.new"));
  EXPECT_TRUE(fs::exists(folder.path / "living.packed.new"));
  EXPECT_EQ(Listed(folder.path).size(), 1u);
  ::close(fd);
}

/// Data that WritePacked takes, without a thread.
struct Plain {
  PackedHeader header = Sample();
  std::vector<std::uint8_t> data;
  Plain() {
    header.data_bytes = 12 * kPackedChunkBytes;
    data.resize(header.data_bytes);
    for (std::size_t i = 0; i < data.size(); ++i) data[i] = static_cast<std::uint8_t>(i * 7 + i / 4096);
  }
};

TEST(PackedFolder, AKillAtAnyMomentLeavesNoneOrAWholeFile) {
  const Plain plain;
  int whole = 0, none = 0;
  for (unsigned i = 0; i < 24; ++i) {
    TemporaryFolder folder;
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      const std::atomic<bool> stop{false};
      ::_exit(WritePacked({folder.path, "m"}, plain.header, plain.data.data(), stop) ? 0 : 1);
    }
    ::usleep(i * 2000);
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    const auto list = Listed(folder.path);
    (list.empty() ? none : whole) += 1;
    for (const PackedInfo& info : list) {
      ASSERT_FALSE(info.header.matrices.empty());  // it can be read
      const std::string bytes = Bytes(info.path);
      EXPECT_EQ(std::memcmp(bytes.data() + bytes.size() - plain.data.size(), plain.data.data(), plain.data.size()), 0);
    }
    const std::atomic<bool> stop{false};
    EXPECT_TRUE(WritePacked({folder.path, "m"}, plain.header, plain.data.data(), stop));  // the next one can
    EXPECT_EQ(std::distance(fs::directory_iterator(folder.path), {}), 1);
  }
  EXPECT_EQ(whole + none, 24);
}

TEST(PackedFolder, AFullDiskIsAnErrorThatLeavesNothing) {
  const Plain plain;
  TemporaryFolder folder;
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {  // a limit of the process stands for the disk's
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{3 << 20, 3 << 20};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    const std::atomic<bool> stop{false};
    const Status written = WritePacked({folder.path, "m"}, plain.header, plain.data.data(), stop);
    ::_exit(!written && written.error().code == Code::kDisk ? 0 : 1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  EXPECT_TRUE(fs::is_empty(folder.path));
  const std::atomic<bool> stop{true};
  EXPECT_EQ(WritePacked({folder.path, "m"}, plain.header, plain.data.data(), stop).error().code, Code::kCancelled);
  EXPECT_TRUE(fs::is_empty(folder.path));
}

/// Packed files are told apart by kPackingVersion alone: where this fails, count it up, and put the new number here.
TEST(PackedFile, ThePackingIsThatOfItsVersion) {
  using quant::Type;
  std::uint64_t all = 0;
  for (const Type type : {Type::kF32, Type::kF16, Type::kBF16, Type::kQ8_0, Type::kQ4_0, Type::kQ4_1, Type::kQ5_0,
                          Type::kQ5_1, Type::kQ4_K, Type::kQ5_K, Type::kQ6_K}) {
    const std::uint32_t cols = 512;
    const auto shape = kernels::PackedShape(kernels::PackingOf(type, false), 16, cols);
    std::vector<std::byte> row(quant::RowBytes(type, cols));
    for (std::size_t i = 0; i < row.size(); ++i) row[i] = static_cast<std::byte>(i * 37 % 97);
    const std::byte* rows[kernels::kPanelRows];
    std::fill(std::begin(rows), std::end(rows), row.data());
    rows[3] = nullptr;
    std::vector<std::uint8_t> out(shape.panel_bytes);
    kernels::PackPanel(shape, type, rows, out.data());
    all = all * 31 + PackedChecksum(out.data(), out.size());
  }
  EXPECT_EQ(kernels::kPackingVersion, 1u);
  EXPECT_EQ(all, 13629662343762263578u);
}

}  // namespace
}  // namespace yun::engine
