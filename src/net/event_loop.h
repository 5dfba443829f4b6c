// The thread on which a network service lives: its connections, its timers and its state, so that none of them needs a
// lock.
#pragma once

#include <chrono>
#include <functional>
#include <memory>

#include "dunlin/interrupt.h"

namespace boost::asio {
class io_context;
}

namespace dunlin::net {

class EventLoop {
 public:
  EventLoop();
  ~EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  // From any thread: `work` is done on the loop's.
  void post(std::function<void()> work);
  // On the loop's thread.
  void after(std::chrono::milliseconds, std::function<void()> work);

  // Until stop(). When the interrupt is requested, `interrupted` is called once.
  void run(const Interrupt&, const std::function<void()>& interrupted);
  void stop();

  boost::asio::io_context& context() { return *context_; }

 private:
  std::unique_ptr<boost::asio::io_context> context_;
};

}  // namespace dunlin::net
