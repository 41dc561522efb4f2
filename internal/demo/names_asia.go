package demo

var asia = []locale{
	{
		tag: "ar-EG", zones: "Africa/Cairo", currency: "EGP", weight: 2, company: "شركة %", phones: "+202000######",
		female: "فاطمة=fatma مريم=mariam نور=nour آية=aya سلمى=salma هبة=heba",
		male:   "محمد=mohamed أحمد=ahmed محمود=mahmoud عمر=omar يوسف=youssef عبد_الرحمن=abdelrahman",
		family: "حسن=hassan إبراهيم=ibrahim السيد=elsayed عبد_الله=abdallah منصور=mansour الشافعي=elshafei",
	},
	{
		tag: "ar-AE", zones: "Asia/Dubai", currency: "AED", weight: 1, company: "مؤسسة %", phones: "+9712000#####",
		female: "شيخة=sheikha لطيفة=latifa موزة=moza عائشة=aisha", male: "راشد=rashid سعيد=saeed خليفة=khalifa حمدان=hamdan",
		family: "المنصوري=almansoori الشامسي=alshamsi الكعبي=alkaabi المزروعي=almazrouei",
	},
	{
		tag: "fa-IR", zones: "Asia/Tehran", currency: "IRR", weight: 1, company: "شرکت %", phones: "+982000######",
		female: "زهرا=zahra نیلوفر=niloufar پریسا=parisa شیرین=shirin", male: "علی=ali رضا=reza پویا=pouya کیان=kian",
		family: "محمدی=mohammadi حسینی=hosseini کریمی=karimi می‌نژاد=minejad گلستانی=golestani",
	},
	{
		tag: "he-IL", zones: "Asia/Jerusalem", currency: "ILS", weight: 1, company: "% בע״מ", phones: "+9722000#####",
		female: "נועה=noa תמר=tamar יעל=yael שירה=shira רחל=rachel", male: "דוד=david יוסף=yosef איתי=itai נועם=noam אריאל=ariel",
		family: "כהן=cohen לוי=levi מזרחי=mizrahi פרץ=peretz בן־דוד=bendavid אברהם=avraham",
	},
	{
		tag: "hi-IN", zones: "Asia/Kolkata", currency: "INR", weight: 4, company: "% एंड संस", phones: "+912000######",
		female: "प्रिया=priya अनीता=anita सुनीता=sunita काव्या=kavya दीक्षा=diksha श्रेया=shreya",
		male:   "राजेश=rajesh अमित=amit विक्रम=vikram संदीप=sandeep आर्यन=aryan कृष्ण=krishna",
		family: "शर्मा=sharma वर्मा=verma सिंह=singh गुप्ता=gupta मिश्रा=mishra त्रिपाठी=tripathi",
	},
	{
		tag: "ta-IN", zones: "Asia/Kolkata", currency: "INR", weight: 1, company: "% நிறுவனம்", style: singleNames, phones: "+912000######",
		female: "லட்சுமி=lakshmi கவிதா=kavitha மீனா=meena செல்வி=selvi", male: "முருகன்=murugan கார்த்திக்=karthik சரவணன்=saravanan அருண்=arun",
		family: "சுப்பிரமணியன்=subramanian ராமசாமி=ramasamy பழனிசாமி=palanisamy",
	},
	{
		tag: "bn-BD", zones: "Asia/Dhaka", currency: "BDT", weight: 1, company: "% অ্যান্ড কোং", phones: "+880100000####",
		female: "নুসরাত=nusrat সুমাইয়া=sumaiya ফারজানা=farzana রহিমা=rahima", male: "রহিম=rahim করিম=karim তানভীর=tanvir শাকিব=shakib",
		family: "আহমেদ=ahmed হোসেন=hossain রহমান=rahman চৌধুরী=chowdhury ইসলাম=islam",
	},
	{
		tag: "zh-CN", zones: "Asia/Shanghai", currency: "CNY", weight: 5, company: "%氏有限公司", style: noSpace, phones: "+86100000#####",
		female: "芳=fang 娜=na 静=jing 丽=li 雪=xue 婷=ting 欣=xin 怡=yi", male: "伟=wei 强=qiang 磊=lei 军=jun 洋=yang 杰=jie 浩=hao 宇=yu",
		family: "王=wang 李=li 张=zhang 刘=liu 陈=chen 杨=yang 黄=huang 赵=zhao 欧阳=ouyang 吕=lyu",
	},
	{
		tag: "zh-TW", zones: "Asia/Taipei", currency: "TWD", weight: 1, company: "%家股份有限公司", style: noSpace, phones: "+8861000#####",
		female: "淑=shu 惠=hui 雅=ya 怡=yi 麗=li 瓊=chiung", male: "志=chih 俊=chun 家=chia 建=chien 豪=hao 龍=lung",
		family: "陳=chen 林=lin 黃=huang 張=chang 劉=liu 鄭=cheng 蕭=hsiao",
	},
	{
		tag: "ja-JP", zones: "Asia/Tokyo", currency: "JPY", weight: 4, company: "株式会社%", phones: "+81900000####",
		female: "陽子=yoko 美咲=misaki さくら=sakura あかり=akari 結衣=yui 直美=naomi ひなた=hinata エミリ=emiri",
		male:   "翔太=shota 健一=kenichi 大輔=daisuke 蓮=ren 悠真=yuma 浩=hiroshi たける=takeru ケンジ=kenji",
		family: "佐藤=sato 鈴木=suzuki 高橋=takahashi 田中=tanaka 渡邉=watanabe 伊藤=ito 山本=yamamoto 髙﨑=takasaki 佐々木=sasaki",
	},
	{
		tag: "ko-KR", zones: "Asia/Seoul", currency: "KRW", weight: 3, company: "주식회사 %", phones: "+822000######",
		female: "서연=seoyeon 지우=jiwoo 하은=haeun 민지=minji 영희=younghee 수진=sujin", male: "민준=minjun 서준=seojun 도윤=doyun 철수=cheolsu 지훈=jihoon 성민=sungmin",
		family: "김=kim 이=lee 박=park 최=choi 정=jung 강=kang 황보=hwangbo 남궁=namgung",
	},
	{
		tag: "th-TH", zones: "Asia/Bangkok", currency: "THB", weight: 2, company: "บริษัท % จำกัด", phones: "+662000#####",
		female: "สมหญิง=somying มาลี=malee ณัฐธิดา=natthida พิมพ์ชนก=pimchanok", male: "สมชาย=somchai ธนวัฒน์=thanawat ณัฐพล=natthaphon กิตติ=kitti",
		family: "ศรีสุข=srisuk วงศ์สวัสดิ์=wongsawat แซ่ตั้ง=saetang บุญมี=bunmi ทองคำ=thongkham",
	},
	{
		tag: "vi-VN", zones: "Asia/Ho_Chi_Minh", currency: "VND", weight: 2, company: "Công ty TNHH %", style: middleName, phones: "+842000#####",
		female: "Hương Thảo Ngọc Phượng Thị_Hạnh Quỳnh Yến", male: "Dũng Hải Tuấn Đức Thắng Văn_Lâm Huỳnh",
		family: "Nguyễn Trần Lê Phạm Hoàng Đặng Bùi Đỗ Ngô",
	},
	{
		tag: "id-ID", zones: "Asia/Jakarta Asia/Makassar Asia/Jayapura", currency: "IDR", weight: 3, company: "PT % Jaya", style: singleNames, phones: "+622000#####",
		female: "Siti Dewi Sri Ayu Wulandari Kartini Megawati", male: "Budi Suharto Slamet Agus Joko Wahyu Sukarno",
		family: "Santoso Wijaya Setiawan Hidayat Nugroho Siregar Simanjuntak",
	},
	{
		tag: "km-KH", zones: "Asia/Phnom_Penh", currency: "KHR", weight: 1, company: "ក្រុមហ៊ុន %", phones: "+8552000####",
		female: "សុភា=sophea ចន្ទា=chanda បុប្ផា=bopha", male: "សុខ=sok វិចិត្រ=vichet រតនា=ratana",
		family: "ជា=chea សេង=seng លី=ly ហេង=heng",
	},
	{
		tag: "kk-KZ", zones: "Asia/Almaty", currency: "KZT", weight: 1, company: "«%» ЖШС", phones: "+7770000####",
		female: "Айгүл=aigul Әсем=assem Гүлназ=gulnaz", male: "Нұрлан=nurlan Ержан=yerzhan Қайрат=kairat",
		family: "Серік=serik Оспан=ospan Әбдіқадыр=abdikadyr Жұмабай=zhumabai",
	},
}
