// Base64 (RFC 4648, section 4), read strictly: padded, without white space.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace dunlin {

// How many bytes `text` stands for if it is base64. Empty when it is not.
std::optional<std::size_t> decoded_size(std::string_view text);
// Decodes into `bytes`, which has room for decoded_size(text). False when it is not base64.
bool decode_base64(std::string_view text, char* bytes);
// Empty when it is not base64.
std::optional<std::string> decode_base64(std::string_view text);
std::string encode_base64(std::string_view bytes);
// Encodes into `text`, which has room for 4 characters for every 3 bytes begun.
void encode_base64(std::string_view bytes, char* text);

}  // namespace dunlin
