// An HTTP/1.1 server for GET and HEAD: keep-alive, bounded in header size, time and number of connections.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>

#include "net/address.h"
#include "net/event_loop.h"
#include "net/http_message.h"

namespace dunlin::net {

struct HttpLimits {
  std::size_t connections = 1'000;  // for one more, the one that has been idle for longest is closed
  std::size_t header_bytes = std::size_t{16} * 1024;
  // For a request to come, and for its answer to be taken.
  std::chrono::milliseconds idle{15'000};
};

class HttpServer {
 public:
  // Listens; port 0 takes a free one. The handler is asked for GET and HEAD on the loop's thread; everything else is
  // answered with 405. Throws Failure (usage, io).
  HttpServer(EventLoop&, const Address&, HttpHandler, const HttpLimits& = {});
  ~HttpServer();

  // Where it listens really.
  const Address& address() const;

  // Takes no further connection, closes the idle ones, and calls `done` when the answers under way are sent.
  void stop(std::function<void()> done);

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace dunlin::net
