// What a service is asked over HTTP and what it answers, as far as small JSON services need it.
#pragma once

#include <functional>
#include <string>

namespace dunlin::net {

struct HttpRequest {
  std::string method;         // "GET"
  std::string path;           // without the query
  std::string authorization;  // the header; holds a secret
  std::string body;           // empty unless the server takes some
};

struct HttpResponse {
  unsigned status = 200;
  std::string content_type;
  std::string body;
};

// To be called once, on the loop's thread; may be kept for later.
using Respond = std::function<void(HttpResponse)>;
using HttpHandler = std::function<void(const HttpRequest&, Respond)>;

}  // namespace dunlin::net
