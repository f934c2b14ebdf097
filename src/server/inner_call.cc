#include "server/inner_call.h"

#include <mutex>
#include <utility>

#include "server/routes.h"

namespace yun::server {
namespace {

/// Keeps what is sent; a stream that is broken off, or an answer that never comes, is a failure.
class Keeper final : public http::Responder {
 public:
  explicit Keeper(std::function<void(InnerAnswer)> done) : done_(std::move(done)) {}
  ~Keeper() override { End({}); }

  void Respond(int status, std::string_view, std::string body, http::Headers headers) override {
    End({status, std::move(body), std::move(headers)});
  }
  void Start(int status, std::string_view, http::Headers headers) override {
    std::lock_guard lock(mutex_);
    kept_.status = status, kept_.headers = std::move(headers);
  }
  bool Write(std::string bytes) override {
    std::lock_guard lock(mutex_);
    kept_.body += bytes;
    return true;
  }
  void Finish() override {
    std::unique_lock lock(mutex_);
    InnerAnswer answer = std::move(kept_);
    lock.unlock();
    End(std::move(answer));
  }
  void Abort() override { End({}); }
  void OnClose(std::function<void()>) override {}
  bool closed() const override { return false; }

 private:
  void End(InnerAnswer answer) {
    std::unique_lock lock(mutex_);
    const auto done = std::exchange(done_, nullptr);
    lock.unlock();
    if (done) done(std::move(answer));
  }

  std::mutex mutex_;
  std::function<void(InnerAnswer)> done_;
  InnerAnswer kept_;
};

}  // namespace

void CallInside(Service& service, std::shared_ptr<const cloud::Principal> principal, http::Request request,
                std::function<void(InnerAnswer)> done, std::shared_ptr<LateCharge> late) {
  HandleAs(service, std::move(principal), std::move(request), std::make_shared<Keeper>(std::move(done)),
           std::move(late));
}

}  // namespace yun::server
