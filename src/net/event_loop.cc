#include "net/event_loop.h"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <unistd.h>

#include "dunlin/error.h"

namespace dunlin::net {

namespace asio = boost::asio;

EventLoop::EventLoop() : context_(std::make_unique<asio::io_context>(1)) {}
EventLoop::~EventLoop() = default;

void EventLoop::post(std::function<void()> work) {
  asio::post(*context_, std::move(work));
}

void EventLoop::after(std::chrono::milliseconds pause, std::function<void()> work) {
  auto timer = std::make_shared<asio::steady_timer>(*context_, pause);
  timer->async_wait([timer, work = std::move(work)](const boost::system::error_code& problem) {
    if (!problem) work();
  });
}

void EventLoop::run(const Interrupt& interrupt, const std::function<void()>& interrupted) {
  // The descriptor stays the interrupt's: asio would close its own.
  const int copy = dup(interrupt.descriptor());
  if (copy < 0) throw Failure(ErrorKind::io, "no file descriptor is left");
  asio::posix::stream_descriptor stop_request(*context_, copy);
  stop_request.async_wait(asio::posix::descriptor_base::wait_read,
                          [&interrupted](const boost::system::error_code& problem) {
                            if (!problem) interrupted();
                          });
  const auto stay = asio::make_work_guard(*context_);
  context_->run();
}

void EventLoop::stop() {
  context_->stop();
}

}  // namespace dunlin::net
