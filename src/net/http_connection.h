// One connection to an HTTP/1.1 server, over TCP or TLS: one request after the other, each answer read as it comes.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "dunlin/interrupt.h"
#include "net/tls_client.h"

namespace dunlin::net {

// How long something may take.
struct Patience {
  std::chrono::steady_clock::time_point until;
  const Interrupt* interrupt = nullptr;  // may be null

  static Patience of(std::chrono::milliseconds time, const Interrupt* interrupt = nullptr) {
    return {std::chrono::steady_clock::now() + time, interrupt};
  }
  std::chrono::milliseconds left() const;  // not below 0
};

using HttpHeaders = std::vector<std::pair<std::string, std::string>>;

struct HttpSending {
  std::string_view method = "GET";
  std::string_view target = "/";
  HttpHeaders headers{};  // Host and Content-Length are added
  std::string_view body{};
};

struct HttpHead {
  unsigned status = 0;
  HttpHeaders headers;

  // The first of that name, in whatever case; empty when there is none.
  std::string_view header(std::string_view name) const;
};

// For one thread at a time. After any Failure the connection is closed and good for nothing.
class HttpConnection {
 public:
  // `tls` may be null: then it is plain. Throws Failure (connect, timeout, interrupted).
  HttpConnection(const std::string& host, std::uint16_t port, const TlsClient* tls, const Patience&);
  ~HttpConnection();
  HttpConnection(HttpConnection&&) noexcept;
  HttpConnection& operator=(HttpConnection&&) noexcept;

  // Sends a request and reads the head of its answer. What is left of the answer before is not read: see reusable().
  HttpHead send(const HttpSending&, const Patience&);

  // A piece of the body as it comes, at most 16 KiB, good until the next call; empty at the body's end.
  std::string_view read_some(const Patience&);
  // All that is left of it. Throws Failure (connect) when it is more than `most` bytes.
  std::string read_rest(std::size_t most, const Patience&);

  // The last answer was read to its end, and the server keeps the connection open.
  bool reusable() const;
  // Something came while nothing was asked, most likely the end: servers close what has been idle for long.
  bool gone_stale() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace dunlin::net
