// A service on an event loop of its own, and an API server that a test writes, for tests.
#pragma once

#include <future>
#include <memory>
#include <thread>

#include <gtest/gtest.h>

#include "kubernetes/operator/errands.h"
#include "net/event_loop.h"
#include "net/http_message.h"
#include "support/scripted_server.h"

namespace dunlin::manager {

class LoopThread {
 public:
  LoopThread() : thread_([this] { loop.run(interrupt_, [] {}); }) {}
  ~LoopThread() {
    loop.stop();
    thread_.join();
  }

  // What the service answers, on the loop's thread, whenever that is.
  template <typename Service>
  std::future<net::HttpResponse> ask(Service& service, net::HttpRequest request) {
    auto promise = std::make_shared<std::promise<net::HttpResponse>>();
    loop.post([&service, promise, request = std::move(request)] {
      service.handle(request, [promise](net::HttpResponse response) { promise->set_value(std::move(response)); });
    });
    return promise->get_future();
  }

  // Waits until the loop has done what it was given.
  void catch_up() {
    std::promise<void> done;
    loop.post([&] { done.set_value(); });
    done.get_future().wait();
  }

  net::EventLoop loop;

 private:
  Interrupt interrupt_;
  std::thread thread_;
};

inline net::HttpResponse taken(std::future<net::HttpResponse> answer) {
  if (answer.wait_for(std::chrono::seconds(60)) == std::future_status::ready) return answer.get();
  ADD_FAILURE() << "no answer";
  return {.status = 0, .content_type = {}, .body = {}};
}

inline ScriptedServer::Reply not_found(const std::string& name) {
  return ScriptedServer::answer(
      404, R"({"kind": "Status", "code": 404, "reason": "NotFound", "details": {"name": ")" + name + R"("}})");
}

}  // namespace dunlin::manager
