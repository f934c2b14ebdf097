// What every way of running a model begins with: its configuration, kernels, threads and packed weights.
#pragma once
#include <functional>
#include <memory>

#include "base/result.h"
#include "base/thread_pool.h"
#include "engine/engine.h"
#include "engine/kernels/kernels.h"
#include "engine/model/weights.h"

namespace yun::engine {

struct Loaded {
  ModelConfig config;
  const kernels::Kernels* kernels = nullptr;
  std::unique_ptr<ThreadPool> pool;
  std::unique_ptr<Weights> weights;
};

/// Configuration and kernels alone. errors: as Engine::Create
Result<Loaded> Prepare(const Checkpoint& checkpoint);

/// threads: 0 means one a physical core. errors: as Engine::Create
Result<Loaded> Load(const Checkpoint& checkpoint, Precision precision, int threads, const PackedPlace& place,
                    const std::function<void(double)>& on_load);

/// Float32 throughout means keys and values too.
inline CacheType CacheTypeFor(Precision precision, CacheType wanted) {
  return precision == Precision::kF32 ? CacheType::kF32 : wanted;
}

}  // namespace yun::engine
