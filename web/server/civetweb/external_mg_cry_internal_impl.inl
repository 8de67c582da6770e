/* CivetWeb's extension point for error messages (MG_EXTERNAL_FUNCTION_mg_cry_internal_impl): they go
 * to the log ring, never to a file or to stderr by themselves. */
static void mg_cry_internal_impl(const struct mg_connection *conn, const char *func, unsigned line,
                                 const char *fmt, va_list ap)
{
    char text[256];

    (void)conn;
    (void)func;
    (void)line;
    if (vsnprintf_impl(text, sizeof(text), fmt, ap) >= 0) {
        gv_glue_message(text);
    }
}
