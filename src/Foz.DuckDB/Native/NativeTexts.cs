using System.Runtime.InteropServices;

namespace Foz.DuckDB.Native;

/// <summary>Texts as an array of pointers to zero-terminated UTF-8.</summary>
sealed unsafe class NativeTexts : IDisposable
{
    readonly nint[] texts;

    public NativeTexts(IEnumerable<string> texts)
    {
        this.texts = [.. texts.Select(Marshal.StringToCoTaskMemUTF8)];
        Pointer = (byte**)NativeMemory.Alloc((nuint)Math.Max(1, this.texts.Length), (nuint)sizeof(nint));
        this.texts.CopyTo(new Span<nint>(Pointer, this.texts.Length));
    }

    public byte** Pointer { get; private set; }

    public void Dispose()
    {
        foreach (var text in texts) Marshal.FreeCoTaskMem(text);
        NativeMemory.Free(Pointer);
        Pointer = null;
    }
}
