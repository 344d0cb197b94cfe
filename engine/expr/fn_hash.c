/* Hashes of text through libcrypto, as lower-case hexadecimal digits. */
#include "engine/expr/fn.h"
#include <openssl/evp.h>

static bool ret_digest(EvalEnv *env, const EVP_MD *md, Str s, Datum *out, Err *err)
{
    static const char hex[] = "0123456789abcdef";
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int len = 0;
    if (!md || !EVP_Digest(s.ptr ? s.ptr : "", s.len, digest, &len, md, NULL)) return err_set(err, E_INTERNAL, "libcrypto lacks this hash");
    char text[2 * EVP_MAX_MD_SIZE];
    for (unsigned int i = 0; i < len; i++) {
        text[2 * i] = hex[digest[i] >> 4];
        text[2 * i + 1] = hex[digest[i] & 15];
    }
    return ret_str(env, out, (Str){ text, len * 2 });
}

FN_BODY(fn_md5) { return ret_digest(env, EVP_md5(), arg_str(&args[0]), out, err); }
FN_BODY(fn_sha1) { return ret_digest(env, EVP_sha1(), arg_str(&args[0]), out, err); }
FN_BODY(fn_sha224) { return ret_digest(env, EVP_sha224(), arg_str(&args[0]), out, err); }
FN_BODY(fn_sha256) { return ret_digest(env, EVP_sha256(), arg_str(&args[0]), out, err); }
FN_BODY(fn_sha384) { return ret_digest(env, EVP_sha384(), arg_str(&args[0]), out, err); }
FN_BODY(fn_sha512) { return ret_digest(env, EVP_sha512(), arg_str(&args[0]), out, err); }

/* A constant length is checked while planning. */
static const Type *infer_sha2(InferCtx *infer, Err *err)
{
    const Datum *bits = infer_const(infer, 1);
    int32_t n = bits && !bits->null ? bits->v.i32 : 256;
    if (n == 224 || n == 256 || n == 384 || n == 512) return type_sized(infer->ctx->arena, TYPE_VARCHAR, 128, false);
    err_at(err, E_INVALID, infer->args[1]->span, "SHA2 knows hashes of 224, 256, 384 and 512 bits, not of %d", n);
    return NULL;
}

FN_BODY(fn_sha2)
{
    Str s = arg_str(&args[0]);
    switch (args[1].v.i32) {
    case 224: return ret_digest(env, EVP_sha224(), s, out, err);
    case 256: return ret_digest(env, EVP_sha256(), s, out, err);
    case 384: return ret_digest(env, EVP_sha384(), s, out, err);
    case 512: return ret_digest(env, EVP_sha512(), s, out, err);
    default: return err_set(err, E_DATA, "SHA2 knows hashes of 224, 256, 384 and 512 bits, not of %d", args[1].v.i32);
    }
}

#define HASH_ROW(NAME, RET, BODY, EXAMPLE, RESULT) FN_ROW(NAME, "chars", RET, FN_STRICT | FN_TOTAL, NULL, BODY, NULL, "hash", NAME " hash of the text in hexadecimal digits.", EXAMPLE, RESULT)
const FuncDef fn_hash_table[] = {
    HASH_ROW("MD5", "CHAR(32)", fn_md5, "MD5('abc')", "900150983cd24fb0d6963f7d28e17f72"),
    HASH_ROW("SHA1", "CHAR(40)", fn_sha1, "SHA1('abc')", "a9993e364706816aba3e25717850c26c9cd0d89d"),
    HASH_ROW("SHA224", "CHAR(56)", fn_sha224, "SHA224('abc')", "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7"),
    HASH_ROW("SHA256", "CHAR(64)", fn_sha256, "SHA256('abc')", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    HASH_ROW("SHA384", "CHAR(96)", fn_sha384, "SHA384('abc')", "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7"),
    HASH_ROW("SHA512", "CHAR(128)", fn_sha512, "SHA512('abc')", "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"),
    FN_ROW("SHA2", "chars,integer", NULL, FN_STRICT, infer_sha2, fn_sha2, NULL, "hash", "SHA-2 hash of 224, 256, 384 or 512 bits of the text.", "SHA2('abc', 224)", "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7"),
    FN_END
};
