namespace Foz.Wire.Sftp;

/// <summary>What a message of SFTP version 3 is (draft-ietf-secsh-filexfer-02, section 3).</summary>
public enum SftpMessageType : byte
{
    /// <summary>The client's first message.</summary>
    Init = 1,

    /// <summary>The server's first message.</summary>
    Version = 2,

    /// <summary>Opens a file.</summary>
    Open = 3,

    /// <summary>Closes a file or folder.</summary>
    Close = 4,

    /// <summary>Reads a part of a file.</summary>
    Read = 5,

    /// <summary>What an open file is like.</summary>
    FStat = 8,

    /// <summary>Opens a folder.</summary>
    OpenDir = 11,

    /// <summary>The next names of a folder.</summary>
    ReadDir = 12,

    /// <summary>A path from the root on.</summary>
    RealPath = 16,

    /// <summary>What a path leads to is like, links followed.</summary>
    Stat = 17,

    /// <summary>How a request ended.</summary>
    Status = 101,

    /// <summary>The handle of an open file or folder.</summary>
    Handle = 102,

    /// <summary>Bytes of a file.</summary>
    Data = 103,

    /// <summary>Names of a folder.</summary>
    Name = 104,

    /// <summary>What a file is like.</summary>
    Attributes = 105,
}

/// <summary>How a request ended (section 7).</summary>
public enum SftpStatus : uint
{
    /// <summary>Well.</summary>
    Ok = 0,

    /// <summary>There is no more.</summary>
    EndOfFile = 1,

    /// <summary>There is no such file.</summary>
    NoSuchFile = 2,

    /// <summary>The user may not.</summary>
    PermissionDenied = 3,

    /// <summary>In a way that has no code of its own.</summary>
    Failure = 4,
}

/// <summary>The attributes of a file or folder (section 5); those that the server did not send are null.</summary>
/// <param name="SizeBytes">Its size in bytes.</param>
/// <param name="Mode">Its kind and permissions, as POSIX has them.</param>
/// <param name="ModifiedAt">When it was last changed, in whole seconds.</param>
public readonly record struct SftpAttributes(long? SizeBytes, uint? Mode, DateTimeOffset? ModifiedAt)
{
    const uint KindMask = 0xF000;

    /// <summary>Whether it is a folder.</summary>
    public bool IsFolder => (Mode & KindMask) == 0x4000;

    /// <summary>Whether it is a link, and what it leads to must be asked for.</summary>
    public bool IsLink => (Mode & KindMask) == 0xA000;

    /// <summary>Whether it is a file; one whose kind the server does not send counts as one.</summary>
    public bool IsFile => Mode is null || (Mode & KindMask) is 0x8000 or 0;
}

/// <summary>A name in a folder.</summary>
/// <param name="Name">The name; bytes that are no UTF-8 are U+FFFD.</param>
/// <param name="Attributes">What it is like, links not followed.</param>
public readonly record struct SftpEntry(string Name, SftpAttributes Attributes);
