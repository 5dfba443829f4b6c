// An HTTP/1.1 server, over TCP or TLS: keep-alive, bounded in sizes, time and number of connections.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>

#include "net/address.h"
#include "net/event_loop.h"
#include "net/http_message.h"
#include "net/tls_server.h"

namespace dunlin::net {

struct HttpLimits {
  std::size_t connections = 1'000;  // for one more, the one that has been idle for longest is closed
  std::size_t header_bytes = std::size_t{16} * 1024;
  std::size_t body_bytes = 0;  // 0: GET and HEAD only, everything else is answered with 405
  // For a request to come, and for its answer to be taken.
  std::chrono::milliseconds idle{15'000};
};

class HttpServer {
 public:
  // Listens; port 0 takes a free one. The handler is asked on the loop's thread. With `tls`, which then has to outlive
  // the server, nothing is spoken but TLS. Throws Failure (usage, io).
  HttpServer(EventLoop&, const Address&, HttpHandler, const HttpLimits& = {}, const TlsServer* tls = nullptr);
  ~HttpServer();

  // Where it listens really.
  const Address& address() const;

  // Takes no further connection and closes the idle ones. Whose request has come, or begins to come now, is answered:
  // connections that wait to be accepted have a moment for it, requests that have begun to come two seconds. `done` is
  // called on the loop's thread when all answers are sent.
  void stop(std::function<void()> done);

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace dunlin::net
