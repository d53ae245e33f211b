using Foz.Delta;
using Foz.Storage;

namespace Foz.Lake.Tables;

/// <summary>Failures of Delta tables and of their stores in the platform's words.</summary>
public static class DeltaErrors
{
    const string RestoreHint = "foz restore can bring back an earlier version, if its files are intact";

    /// <summary>The platform's error for a failure of a Delta table.</summary>
    /// <param name="error">The failure.</param>
    /// <param name="table">The table, where the message does not name it; null where it does.</param>
    public static FozException Translate(DeltaException error, string? table = null) =>
        new(KindOf(error.Kind), table is null ? error.Message : $"{table}: {error.Message}", error)
        {
            Hint = HintOf(error.Kind),
        };

    /// <summary>The platform's error for a failure of an object store.</summary>
    public static FozException Translate(StorageException error) =>
        new(KindOf(error.Kind), error.Message, error) { Hint = HintOf(error.Kind) };

    /// <summary>
    /// Returns the platform's error for an exception: itself, or the translation of a failure of a Delta table, an
    /// object store or a file; null if it is none of them.
    /// </summary>
    public static FozException? Find(Exception error) => error switch
    {
        FozException own => own,
        DeltaException delta => Translate(delta),
        StorageException storage => Translate(storage),
        IOException or UnauthorizedAccessException => new(ErrorKind.Storage, error.Message, error),
        _ => null,
    };

    static ErrorKind KindOf(DeltaErrorKind kind) => kind switch
    {
        DeltaErrorKind.TableNotFound or DeltaErrorKind.VersionNotFound => ErrorKind.NotFound,
        DeltaErrorKind.Corrupt or DeltaErrorKind.Unsupported or DeltaErrorKind.InvalidSchema
            or DeltaErrorKind.TypeMismatch or DeltaErrorKind.TypeWideningDisabled or DeltaErrorKind.Refused
            or DeltaErrorKind.ShutsReaderOut => ErrorKind.Table,
        DeltaErrorKind.InvalidArgument => ErrorKind.Usage,
        DeltaErrorKind.Conflict => ErrorKind.Conflict,
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, message: null),
    };

    static ErrorKind KindOf(StorageErrorKind kind) => kind switch
    {
        StorageErrorKind.WrongSize => ErrorKind.Table,
        StorageErrorKind.InvalidArgument => ErrorKind.Usage,
        _ => ErrorKind.Storage,
    };

    static string? HintOf(DeltaErrorKind kind) => kind switch
    {
        DeltaErrorKind.VersionNotFound => "foz history <table> lists the versions that are left",
        DeltaErrorKind.Unsupported => "use an engine that supports it, or drop the feature with one that does",
        DeltaErrorKind.TypeMismatch => "cast the data to the table's type",
        DeltaErrorKind.TypeWideningDisabled =>
            "foz alter <table> set delta.enableTypeWidening=true lets columns take wider types; else "
                + "cast the data to the table's type",
        DeltaErrorKind.ShutsReaderOut =>
            "leave that out, or take the engine out of 'readers', where the project or the table names it; foz readers "
                + "<table> shows what each reads",
        DeltaErrorKind.Corrupt => RestoreHint,
        _ => null,
    };

    static string? HintOf(StorageErrorKind kind) => kind switch
    {
        StorageErrorKind.Unconditional => "use a store with conditional writes (If-None-Match, If-Match); "
            + "where one process at a time writes, set unsafe_single_writer: true beside the lake's url",
        StorageErrorKind.Full => "make room; nothing was committed",
        StorageErrorKind.ReadOnly => "mount the lake's file system for writing; it can be queried as it is",
        StorageErrorKind.Denied => "let this user write there",
        StorageErrorKind.WrongSize => RestoreHint,
        _ => null,
    };
}
