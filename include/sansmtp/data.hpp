#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include "detail/scan.hpp"
#include "error.hpp"
namespace sansmtp {
struct step { std::string_view bytes; std::size_t consumed = 0; bool end = false; };
struct violations { bool bare_cr=false, bare_lf=false, nul=false, eight_bit=false; std::size_t longest_line=0; };
class data_decoder {
public:
  constexpr step next(std::string_view in) noexcept { step s; if (s_==9) return {{},0,true};
    for (std::size_t i=0;i<in.size();++i) { char c=in[i];
      switch(s_){
      case 0: if(c=='.'){ s_=3; s.bytes=in.substr(0,i); s.consumed=i+1; o_+=i; return s;} [[fallthrough]];
      case 1: s_=1; if(c=='\n'){v_.bare_lf=true;} else if(c=='\r'){ if(i+1<in.size()){ if(in[i+1]=='\n'){++i;s_=0;} else v_.bare_cr=true; } else { s_=2; s.bytes=in.substr(0,i); s.consumed=i+1; o_+=i; return s; } } break;
      case 2: if(c=='\n'){s_=0; o_+=2; return {"\r\n",1,false};} v_.bare_cr=true; o_+=1; if(c=='\r') return {"\r",1,false}; s_=1; return {"\r",0,false};
      case 3: if(c=='\r'){s_=4; return {{},1,false};} s_=1; --i; break;
      case 4: if(c=='\n'){s_=9; return {{},1,true};} v_.bare_cr=true; o_+=1; if(c=='\r'){s_=2; return {"\r",1,false};} s_=1; return {"\r",0,false};
      } }
    s.bytes=in; s.consumed=in.size(); o_+=in.size(); return s; }
  constexpr violations seen() const noexcept { return v_; }
  constexpr std::uint64_t octets() const noexcept { return o_; }
  constexpr bool done() const noexcept { return s_==9; }
private: int s_=0; violations v_; std::uint64_t o_=0; };
enum class newline_policy : std::uint8_t { normalise, reject };
class data_encoder {
public:
  constexpr explicit data_encoder(newline_policy p=newline_policy::normalise) noexcept : p_(p) {}
  struct encoded { std::size_t consumed, written; };
  constexpr encoded encode(std::string_view in, std::span<char> out) noexcept { encoded e{0,0};
    for(char c: in){ if(out.size()-e.written<3) break; 
      if(cr_&&c=='\n'){cr_=false; ++e.consumed; continue;} cr_=false;
      if(c=='\r'||c=='\n'){ out[e.written++]='\r'; out[e.written++]='\n'; bol_=true; cr_=c=='\r'; }
      else { if(bol_&&c=='.') out[e.written++]='.'; out[e.written++]=c; bol_=false; }
      ++e.consumed; }
    return e; }
  constexpr std::string_view finish() noexcept { return bol_?".\r\n":"\r\n.\r\n"; }
  constexpr bool failed() const noexcept { return false; }
private: newline_policy p_; bool bol_=true, cr_=false; };
}
