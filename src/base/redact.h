// Keeping secrets out of everything that is printed, logged or reported.
//
// Two nets, because either alone has holes: redact() knows what secrets look like, SecretSet knows the secrets
// themselves.
#pragma once

#include <string>
#include <string_view>

namespace dunlin {

// What stands in a secret's place. It does not tell the length.
inline constexpr std::string_view kMask = "***";

// Masks the password in URLs (scheme://user:PW@host), in settings whose key ends in password, passwd, pwd, passphrase,
// secret, token, credentials, api, access, secret, private or encryption key (password=PW, "password": "PW",
// ?sslpassword=PW, a line "password: PW"), in SQL (PASSWORD 'PW', IDENTIFIED BY 'PW'), in headers (Authorization: PW,
// Bearer PW), and JSON web tokens. Works on any text, also one that is cut off in the middle of a secret; where it
// cannot tell it masks too much.
std::string redact(std::string_view text);

// Whether what is set under this key is a secret: "sslpassword", "DB__PASSWORD", "api_key".
bool is_secret_key(std::string_view key);

}  // namespace dunlin
