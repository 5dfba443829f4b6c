#include "dunlin/interrupt.h"

#include <cerrno>
#include <cstdint>

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "dunlin/error.h"

namespace dunlin {

Interrupt::Interrupt() : descriptor_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (descriptor_ < 0) throw Failure(ErrorKind::io, "cannot create an event descriptor");
}

Interrupt::~Interrupt() {
  ::close(descriptor_);
}

void Interrupt::request(int signal) noexcept {
  const int saved_errno = errno;
  if (!requested()) signal_.store(signal, std::memory_order_release);
  requested_.store(true, std::memory_order_release);
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(descriptor_, &one, sizeof one);
  errno = saved_errno;
}

bool Interrupt::wait_for(std::chrono::milliseconds duration) const noexcept {
  const auto until = std::chrono::steady_clock::now() + duration;
  while (!requested()) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
    if (left.count() <= 0) break;
    pollfd waiting{descriptor_, POLLIN, 0};
    ::poll(&waiting, 1, static_cast<int>(left.count()));
  }
  return requested();
}

}  // namespace dunlin
