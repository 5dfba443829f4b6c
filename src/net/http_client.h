// One HTTP request and its answer, over TCP or TLS, within a time.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "dunlin/interrupt.h"

namespace dunlin::net {

struct HttpUrl {
  bool tls = false;
  std::string host;
  std::uint16_t port = 0;
  std::string target;       // path and query
  std::string credentials;  // user:password, decoded; a secret
};

// http:// and https://. Throws Failure (usage); the message does not show the URL's password.
HttpUrl parse_http_url(std::string_view text);

struct HttpCall {
  std::string_view method = "GET";
  std::string_view url;
  std::string_view content_type{};
  std::string_view body{};
  std::chrono::milliseconds timeout{5'000};  // for all of it: the name, the connection, the answer
  const Interrupt* interrupt = nullptr;      // may be null
};

struct HttpAnswer {
  unsigned status = 0;
  std::string body;  // at most 64 KiB of it
};

// The server's certificate is checked against the machine's authorities (SSL_CERT_FILE and SSL_CERT_DIR name others).
// Redirections are not followed. Throws Failure (usage, connect, timeout, interrupted).
HttpAnswer http_call(const HttpCall&);

}  // namespace dunlin::net
